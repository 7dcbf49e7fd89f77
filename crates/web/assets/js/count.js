// Counts what is written in a field against its limit.
for (const field of document.querySelectorAll("textarea[data-count]")) {
  const out = document.getElementById(field.dataset.count);
  const show = () => { out.textContent = `${[...field.value].length} / ${field.maxLength}`; };
  field.addEventListener("input", show);
  show();
}
