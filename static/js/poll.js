// <div data-poll="/some/status.json" data-poll-every="1">: asks every so many seconds (slower after faults, not while the
// page is hidden) and shows the answer:
// [data-poll-value="rows"] gets `rows` as text, <progress data-poll-progress> gets `done` of `total`, and the live region
// [data-poll-status] gets the sentence `status`, at most every five seconds and not what data-poll-said holds: the page
// showed that from the beginning. [data-poll-kind] becomes a notice of that kind, [data-poll-if="call"] is shown while `call`
// is true, <details data-poll-open="help"> is opened once `help` is, and [data-poll-without] is only for pages without
// this script. `again` is the wait before the next question, in seconds.
// `finished: true` reloads the page, or leads to data-poll-then: a page that answers a POST has an address that may not
// be loaded anew.
const language = document.documentElement.lang || undefined;
const kinds = ["info", "good", "warning", "bad"];

for (const box of document.querySelectorAll("[data-poll]")) {
  const every = Number(box.dataset.pollEvery ?? 1) * 1000;
  let wait = every;
  let spoken = 0;

  const leave = () => (box.dataset.pollThen ? location.replace(box.dataset.pollThen) : location.reload());

  for (const place of box.querySelectorAll("[data-poll-without]")) place.hidden = true;

  const showMore = (answer) => {
    for (const place of box.querySelectorAll("[data-poll-kind]")) {
      if (!kinds.includes(answer.kind)) continue;
      for (const kind of kinds) place.classList.toggle(`notice-${kind}`, kind === answer.kind);
    }
    for (const place of box.querySelectorAll("[data-poll-if]")) {
      const shown = answer[place.dataset.pollIf];
      // What somebody is about to press does not go away under their fingers.
      if (typeof shown === "boolean" && !place.contains(document.activeElement)) place.hidden = !shown;
    }
    for (const place of box.querySelectorAll("details[data-poll-open]")) {
      if (answer[place.dataset.pollOpen] === true && !place.dataset.pollOpened) {
        place.open = true;
        place.dataset.pollOpened = "once"; // whoever closes it again wants it closed
      }
    }
  };

  const show = (answer) => {
    showMore(answer);
    for (const place of box.querySelectorAll("[data-poll-value]")) {
      const value = answer[place.dataset.pollValue];
      if (value == null) continue;
      place.textContent = typeof value === "number" ? value.toLocaleString(language) : value;
    }
    for (const bar of box.querySelectorAll("progress[data-poll-progress]")) {
      if (answer.total > 0) {
        bar.max = answer.total;
        bar.value = answer.done;
      }
    }
    const status = box.querySelector("[data-poll-status]");
    const said = status?.textContent || status?.dataset.pollSaid;
    const news = answer.status != null && answer.status !== said; // the same words are not said twice
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
      wait = answer.again > 0 ? answer.again * 1000 : every;
    } catch {
      wait = Math.min(wait * 2, Math.max(every, 30000));
    }
    setTimeout(ask, wait);
  };
  setTimeout(ask, wait);
}
