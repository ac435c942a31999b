// Windows over the page: <dialog data-dialog id=ID>, opened by [data-dialog-open=ID] (a link to the same form as a page)
// or by ticking [data-open-on-check=ID]. Its form is sent in the background, so that the page behind stays as typed:
// 422 {errors: {field: message}} puts each message beside its field, 200 {message, badge} closes, says so in
// [data-dialog-status] and rewrites (or, when it is "", hides) [data-dialog-badge=ID]; 200 {rows, …} is handed to the
// form's own module as the event "answer". Any other answer, or none: the form is posted the ordinary way.
const announce = (text) => {
  const status = document.querySelector("[data-dialog-status]");
  if (status && text) status.textContent = text;
};

const refreshBadge = (dialog, text) => {
  const badge = document.querySelector(`[data-dialog-badge="${dialog.id}"]`);
  if (!badge || text === undefined) return;
  badge.textContent = text;
  badge.hidden = !text;
};

const fields = (form) =>
  [...form.elements].filter((field) => field.matches("input:not([type=hidden], [data-filter-rows]), select, textarea:not([data-rows-list])"));

const open = (dialog, opener) => {
  if (dialog.open) return;
  dialog.addEventListener("close", () => opener?.focus(), { once: true });
  dialog.showModal();
  const inputs = fields(dialog.querySelector("form")).filter((field) => !field.readOnly && !field.disabled);
  const first = inputs.find((field) => field.ariaInvalid === "true") ?? inputs.find((field) => !field.value);
  (first ?? dialog.querySelector("h2")).focus();
};

const clearError = (field) => {
  document.getElementById(`${field.id}-error`)?.remove();
  field.removeAttribute("aria-invalid");
  field.closest(".field")?.classList.remove("field-failed");
  const about = (field.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id !== `${field.id}-error`);
  if (about.join("")) field.setAttribute("aria-describedby", about.join(" "));
  else field.removeAttribute("aria-describedby");
};

const showError = (field, message) => {
  const template = field.closest("dialog").querySelector("[data-error-template]");
  const text = template.content.firstElementChild.cloneNode(true);
  text.id = `${field.id}-error`;
  text.querySelector("[data-message]").textContent = message;
  field.before(text);
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") ?? ""} ${text.id}`.trim());
  field.closest(".field")?.classList.add("field-failed");
};

const showErrors = (form, errors) => {
  const filter = form.querySelector("[data-filter-rows]");
  if (filter?.value) {
    filter.value = "";
    filter.dispatchEvent(new Event("input")); // a row with a message must not stay hidden
  }
  const failed = fields(form).filter((field) => {
    clearError(field);
    if (!Object.hasOwn(errors, field.name)) return false;
    showError(field, errors[field.name]);
    return true;
  });
  failed[0]?.focus();
  return failed.length > 0;
};

const send = async (dialog, form, button) => {
  const body = new URLSearchParams(new FormData(form));
  if (button?.name) body.append(button.name, button.value);
  const postOrdinarily = () => {
    if (button?.name) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: button.name, value: button.value }));
    HTMLFormElement.prototype.submit.call(form);
  };
  button?.setAttribute("aria-disabled", "true");
  try {
    const response = await fetch(form.action, {
      method: "POST",
      headers: { Accept: "application/json" },
      body,
      redirect: "manual",
    });
    const answer = response.status === 200 || response.status === 422 ? await response.json() : {};
    if (response.status === 200 && answer.rows) {
      fields(form).forEach(clearError);
      form.dispatchEvent(new CustomEvent("answer", { detail: answer }));
    } else if (response.status === 200) {
      fields(form).forEach(clearError);
      dialog.close();
      announce(answer.message ?? dialog.dataset.done);
      refreshBadge(dialog, answer.badge);
    } else if (!showErrors(form, answer.errors ?? {})) {
      postOrdinarily();
    }
  } catch {
    postOrdinarily();
  } finally {
    button?.removeAttribute("aria-disabled");
  }
};

for (const dialog of document.querySelectorAll("dialog[data-dialog]")) {
  dialog.addEventListener("click", (event) => {
    if (event.target.closest("[data-dialog-close]")) dialog.close();
  });
  dialog.querySelector("form")?.addEventListener("submit", (event) => {
    event.preventDefault();
    if (event.submitter?.getAttribute("aria-disabled") !== "true") send(dialog, event.target, event.submitter);
  });
  if (dialog.open) {
    // Rendered open after a rejected form, for those without scripts; with them it is a window like any other.
    dialog.removeAttribute("open");
    open(dialog, null);
  }
}

for (const opener of document.querySelectorAll("[data-dialog-open]")) {
  opener.addEventListener("click", (event) => {
    event.preventDefault();
    open(document.getElementById(opener.dataset.dialogOpen), opener);
  });
}

for (const box of document.querySelectorAll("[data-open-on-check]")) {
  box.addEventListener("change", () => {
    if (box.checked) open(document.getElementById(box.dataset.openOnCheck), box);
  });
}
