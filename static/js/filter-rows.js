// <input type=search data-filter-rows="ID" data-filter-status="{shown} of {total} users shown">: hides the children of
// #ID whose data-filter-text does not hold what is typed. Hidden rows are still part of the form.
for (const box of document.querySelectorAll("[data-filter-rows]")) {
  const rows = [...document.getElementById(box.dataset.filterRows).querySelectorAll("[data-filter-text]")];
  box.closest("[hidden]")?.removeAttribute("hidden"); // it was no use before this script came
  const status = document.getElementById(`${box.id}-status`);

  box.addEventListener("input", () => {
    const wanted = box.value.trim().toLocaleLowerCase();
    for (const row of rows) row.hidden = !row.dataset.filterText.toLocaleLowerCase().includes(wanted);
    if (!status) return;
    const shown = rows.filter((row) => !row.hidden).length;
    status.textContent = wanted
      ? box.dataset.filterStatus.replace("{shown}", String(shown)).replace("{total}", String(rows.length))
      : "";
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault(); // it filters; it must not send the form
  });
}
