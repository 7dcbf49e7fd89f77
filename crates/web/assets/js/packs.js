// Of channels and sources, offers only those that the chosen kind's pack knows; the server checks that anyway.
document.addEventListener("attach", ({ target: root }) => {
  for (const form of root.querySelectorAll("form[data-packs]")) {
    const kind = form.elements.kind;
    const narrow = () => {
      const pack = kind.selectedOptions[0]?.dataset.pack;
      for (const field of [form.elements.channel, form.elements.source]) {
        for (const option of field.options) {
          if (!option.dataset.pack) continue;
          const known = option.dataset.pack.split(" ").includes(pack);
          option.hidden = !known;
          option.disabled = !known;
        }
        if (field.selectedOptions[0]?.disabled) {
          field.value = [...field.options].find((option) => !option.disabled)?.value ?? "";
        }
      }
    };
    kind.addEventListener("change", narrow);
    narrow();
  }
});
