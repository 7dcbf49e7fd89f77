// Suggests how a filter may go on while it is written; the list is a combobox of the field.
for (const field of document.querySelectorAll("input[data-suggest]")) {
  const list = document.createElement("ul");
  list.className = "suggestions";
  list.id = `${field.id}-suggestions`;
  list.hidden = true;
  list.setAttribute("role", "listbox");
  field.closest(".filter-box").append(list);
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", list.id], ["aria-expanded", "false"]]) {
    field.setAttribute(name, value);
  }
  let offers = [];
  let at = -1;
  let asked = 0;
  let wait = 0;
  const show = (open) => { list.hidden = !open; field.setAttribute("aria-expanded", String(open)); };
  const choose = (next) => {
    at = next;
    [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === at)));
    if (at >= 0) {
      field.setAttribute("aria-activedescendant", list.children[at].id);
      list.children[at].scrollIntoView({ block: "nearest" });
    } else {
      field.removeAttribute("aria-activedescendant");
    }
  };
  const take = (offer) => {
    const before = field.value.slice(0, offer.from);
    const space = before && !/[\s(]$/.test(before) ? " " : "";
    const put = before + space + offer.insert + " ";
    field.value = put + field.value.slice(offer.to).trimStart();
    field.setSelectionRange(put.length, put.length);
    ask();
  };
  const draw = () => {
    list.replaceChildren(...offers.map((offer, place) => {
      const item = document.createElement("li");
      item.id = `${list.id}-${place}`;
      item.setAttribute("role", "option");
      item.append(offer.insert);
      if (offer.title !== offer.insert) {
        const title = document.createElement("small");
        title.textContent = offer.title;
        item.append(title);
      }
      item.addEventListener("pointerdown", (event) => { event.preventDefault(); take(offer); });
      return item;
    }));
    choose(-1);
    show(offers.length > 0);
  };
  const ask = async () => {
    const number = ++asked;
    const query = new URLSearchParams({ text: field.value, cursor: field.selectionStart });
    const answer = await fetch(`${field.dataset.suggest}?${query}`).catch(() => null);
    if (number !== asked || !answer || !answer.ok || document.activeElement !== field) return;
    offers = await answer.json();
    draw();
  };
  field.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(ask, 120); });
  field.addEventListener("blur", () => show(false));
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" && list.hidden) { ask(); event.preventDefault(); }
    else if (list.hidden) return;
    else if (event.key === "ArrowDown") { choose((at + 1) % offers.length); event.preventDefault(); }
    else if (event.key === "ArrowUp") { choose((at + offers.length - 1) % offers.length); event.preventDefault(); }
    else if (event.key === "Escape") { show(false); event.preventDefault(); }
    else if ((event.key === "Enter" || event.key === "Tab") && at >= 0) { take(offers[at]); event.preventDefault(); }
  });
}
