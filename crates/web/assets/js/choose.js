// Rows that are chosen are counted, and all of a table or of a group can be chosen at once.
const bar = document.querySelector("form.chosen");
if (bar) {
  const boxes = [...document.querySelectorAll("input[name=case][form=bulk]")];
  const alls = [...document.querySelectorAll("[data-choose-all]")];
  const said = bar.querySelector("[data-chosen]");
  const inside = (all) => boxes.filter((box) => all.closest("table, section").contains(box));
  const put = (box, checked) => { for (const same of boxes) if (same.value === box.value) same.checked = checked; };
  const count = () => {
    // A case may stand in two groups of the desk; it is chosen once.
    said.textContent = new Set(boxes.filter((box) => box.checked).map((box) => box.value)).size || "";
    for (const all of alls) {
      const own = inside(all);
      const chosen = own.filter((box) => box.checked).length;
      all.checked = chosen > 0 && chosen === own.length;
      all.indeterminate = chosen > 0 && chosen < own.length;
    }
  };
  for (const box of boxes) box.addEventListener("change", () => { put(box, box.checked); count(); });
  for (const all of alls) {
    all.hidden = false;
    all.addEventListener("change", () => { for (const box of inside(all)) put(box, all.checked); count(); });
  }
  window.addEventListener("pageshow", count);
}
