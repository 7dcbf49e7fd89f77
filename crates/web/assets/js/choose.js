// Rows that are chosen are counted, and all of a page can be chosen at once.
const bar = document.querySelector("form.chosen");
if (bar) {
  const boxes = [...document.querySelectorAll("input[name=case][form=bulk]")];
  const all = document.querySelector("[data-choose-all]");
  const said = bar.querySelector("[data-chosen]");
  const count = () => {
    // A case may stand in two groups of the desk; it is chosen once.
    const chosen = new Set(boxes.filter((box) => box.checked).map((box) => box.value)).size;
    said.textContent = chosen || "";
    if (all) {
      all.checked = chosen > 0 && chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
    }
  };
  for (const box of boxes) {
    box.addEventListener("change", () => {
      for (const same of boxes) if (same.value === box.value) same.checked = box.checked;
      count();
    });
  }
  if (all) {
    all.hidden = false;
    all.addEventListener("change", () => { for (const box of boxes) box.checked = all.checked; count(); });
  }
  window.addEventListener("pageshow", count);
}
