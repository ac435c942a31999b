// The rows of mobile numbers. [data-countries] on their list holds {digits after the plus: country}, [data-country] the
// country of numbers without a code: beside each recognised number its country is written while it is typed. A list
// of two columns pasted into a row goes to the field for lists, and its button sends it: the server fills the rows.
const rows = document.querySelector("[data-countries]");
const countries = JSON.parse(rows.dataset.countries);
const status = document.querySelector("[data-rows-status]");
const list = document.querySelector("[data-rows-list]");

const countryOf = (typed) => {
  const digits = typed.normalize("NFKC").replace(/\D/gu, "");
  const international = /^\s*\+/u.test(typed.normalize("NFKC"));
  if (!international && !digits.startsWith("00")) return digits.length > 6 ? rows.dataset.country : "";
  const number = international ? digits : digits.slice(2);
  if (number.length < 3) return ""; // +1 could still become +1 868
  for (let length = Math.min(7, number.length); length > 0; length -= 1) {
    const found = countries[number.slice(0, length)];
    if (found) return found;
  }
  return "";
};

const showCountry = (field) => {
  const place = document.getElementById(`${field.id}-country`);
  const country = countryOf(field.value);
  if (place && place.textContent !== country) place.textContent = country;
};

rows.addEventListener("input", (event) => showCountry(event.target));

rows.addEventListener("paste", (event) => {
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (!/\t|\n\s*\S/u.test(text.trim())) return; // one number: an ordinary paste
  event.preventDefault();
  list.value = text;
  list.closest("details").open = true;
  list.form.requestSubmit(list.form.querySelector("[data-rows-fill]"));
});

// What dialog.js hands over when the server has filled rows: {rows: {field: number}, message, problems}.
rows.closest("form").addEventListener("answer", ({ detail }) => {
  const fields = [...rows.querySelectorAll("[type=tel]")];
  const filled = fields.filter((field) => Object.hasOwn(detail.rows, field.name));
  for (const field of filled) {
    field.value = detail.rows[field.name];
    showCountry(field);
  }
  const problems = document.createElement("ul");
  problems.append(...detail.problems.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  const message = Object.assign(document.createElement("p"), { textContent: detail.message });
  status.replaceChildren(message, ...(detail.problems.length ? [problems] : []));
  if (filled.length === 0) return list.focus();
  list.value = "";
  list.closest("details").open = false;
  return (fields.find((field) => !field.value) ?? filled[0]).focus();
});
