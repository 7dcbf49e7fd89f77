// A text to begin with: it is put where one writes, and Tab goes through its blanks 【…】, then on as ever.
document.addEventListener("attach", ({ target: root }) => {
  for (const box of root.querySelectorAll("[data-templates]")) {
    const form = box.closest("form");
    const field = (name) => form.elements[name];
    const area = field("text");
    const next = () => {
      const from = area.value.indexOf("【", area.selectionEnd);
      const to = area.value.indexOf("】", from);
      if (from < 0 || to < 0) return false;
      area.setSelectionRange(from, to + 1);
      return true;
    };
    box.hidden = false;
    box.addEventListener("change", (event) => {
      const chosen = event.target.selectedOptions[0];
      if (!chosen?.dataset.text) return;
      const before = area.value.trim();
      area.value = before ? `${before}\n${chosen.dataset.text}` : chosen.dataset.text;
      for (const name of ["kind", "category"]) {
        if (chosen.dataset[name]) field(name).value = chosen.dataset[name];
      }
      event.target.value = "";
      area.focus();
      area.setSelectionRange(before.length, before.length);
      next();
      area.dispatchEvent(new Event("input", { bubbles: true }));
    });
    area.addEventListener("keydown", (event) => {
      if (event.key !== "Tab" || event.shiftKey || event.isComposing) return;
      if (next()) event.preventDefault();
    });
  }
});
