// "There is a problem": takes the focus when the page opens, and its links lead into the field itself.
const summary = document.querySelector("[data-error-summary]");

if (summary) {
  summary.focus();
  summary.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    const label = field.labels?.[0] ?? field;
    label.scrollIntoView({ block: "center" });
    field.focus({ preventScroll: true });
  });
}
