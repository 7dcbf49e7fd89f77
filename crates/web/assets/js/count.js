// Counts what is written in a field against its limit.
document.addEventListener("attach", ({ target: root }) => {
  for (const field of root.querySelectorAll("textarea[data-count]")) {
    const out = document.getElementById(field.dataset.count);
    const show = () => { out.textContent = `${[...field.value].length} / ${field.maxLength}`; };
    field.addEventListener("input", show);
    show();
  }
});
