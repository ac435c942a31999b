// <form data-recount="/address">: whenever a choice changes, the form is sent there as a question for JSON, and what comes
// back is shown: [data-recount-value="told"] gets `told` as text, [data-recount-if="long"] is shown while `long` is true.
// <button name="tick" value="all"> and "none" tick the form's boxes without a new page. Without this script both are
// buttons that load the page anew, as is [data-recount-without].
for (const form of document.querySelectorAll("form[data-recount]")) {
  let asked = 0;
  for (const place of form.querySelectorAll("[data-recount-without]")) place.hidden = true;

  const recount = async () => {
    const mine = ++asked;
    const fields = new URLSearchParams(new FormData(form));
    fields.set("preview", "1");
    try {
      const response = await fetch(form.dataset.recount, {
        method: "POST",
        body: fields,
        headers: { Accept: "application/json" },
        redirect: "manual",
      });
      if (!response.ok) throw new Error(String(response.status));
      const answer = await response.json();
      if (mine !== asked) return; // somebody went on choosing
      for (const place of form.querySelectorAll("[data-recount-value]")) {
        place.textContent = answer[place.dataset.recountValue];
      }
      for (const place of form.querySelectorAll("[data-recount-if]")) {
        place.hidden = !answer[place.dataset.recountIf];
      }
    } catch {
      // What stands there may be of before: the button is there again.
      if (mine === asked) for (const place of form.querySelectorAll("[data-recount-without]")) place.hidden = false;
    }
  };

  form.addEventListener("change", recount);
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=tick]");
    if (!button) return;
    event.preventDefault();
    for (const box of form.querySelectorAll("input[type=checkbox]")) box.checked = button.value === "all";
    recount();
  });
}
