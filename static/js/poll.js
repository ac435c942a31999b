// <div data-poll="/some/status.json" data-poll-every="1">: asks every so many seconds (slower after faults, not while the
// page is hidden) and shows the answer:
// [data-poll-value="rows"] gets `rows` as text, <progress data-poll-progress> gets `done` of `total`, and the live region
// [data-poll-status] gets the sentence `status`, at most every five seconds. `finished: true` reloads the page, or leads to
// data-poll-then: a page that answers a POST has an address that may not be loaded anew.
for (const box of document.querySelectorAll("[data-poll]")) {
  const every = Number(box.dataset.pollEvery ?? 1) * 1000;
  let wait = every;
  let spoken = 0;

  const leave = () => (box.dataset.pollThen ? location.replace(box.dataset.pollThen) : location.reload());

  const show = (answer) => {
    for (const place of box.querySelectorAll("[data-poll-value]")) {
      const value = answer[place.dataset.pollValue];
      if (value != null) place.textContent = typeof value === "number" ? value.toLocaleString() : value;
    }
    for (const bar of box.querySelectorAll("progress[data-poll-progress]")) {
      if (answer.total > 0) {
        bar.max = answer.total;
        bar.value = answer.done;
      }
    }
    const status = box.querySelector("[data-poll-status]");
    const news = answer.status != null && answer.status !== status?.textContent; // the same words are not said twice
    if (status && news && (answer.finished || Date.now() - spoken > 5000)) {
      spoken = Date.now();
      status.textContent = answer.status;
    }
  };

  const ask = async () => {
    if (document.hidden) {
      document.addEventListener("visibilitychange", ask, { once: true });
      return;
    }
    try {
      const response = await fetch(box.dataset.poll, { headers: { Accept: "application/json" }, redirect: "manual" });
      // Sent elsewhere: the session has ended, or a code is asked for first. The page itself will lead there.
      if (response.type === "opaqueredirect") return leave();
      if (response.status === 401 || response.status === 403 || response.status === 404) return leave();
      if (!response.ok) throw new Error(String(response.status));
      const answer = await response.json();
      show(answer);
      if (answer.finished) return leave();
      wait = every;
    } catch {
      wait = Math.min(wait * 2, Math.max(every, 30000));
    }
    setTimeout(ask, wait);
  };
  setTimeout(ask, wait);
}
