// What the box in the head finds while somebody writes; the list is a combobox of the field.
for (const field of document.querySelectorAll("input[data-search]")) {
  const dialog = field.closest("dialog");
  const list = dialog.querySelector("[role=listbox]");
  const said = dialog.querySelector("[role=status]");
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", list.id], ["aria-expanded", "false"]]) {
    field.setAttribute(name, value);
  }
  let at = -1;
  let asked = 0;
  let wait = 0;
  // Where somebody was lately stands first until something is written; the list ends with the tab or the log-in.
  const lately = () => {
    const group = document.createElement("div");
    const title = document.createElement("b");
    title.textContent = field.dataset.searchRecent;
    title.ariaHidden = "true";
    group.role = "group";
    group.ariaLabel = field.dataset.searchRecent;
    group.append(title);
    for (const [place, { href, said }] of JSON.parse(sessionStorage.getItem("recent") ?? "[]").entries()) {
      const link = document.createElement("a");
      Object.assign(link, { role: "option", id: `found-recent-${place}`, href, tabIndex: -1, textContent: said });
      link.ariaSelected = "false";
      group.append(link);
    }
    if (group.children.length > 1) list.prepend(group);
  };
  const offers = () => [...list.querySelectorAll("[role=option]")];
  const choose = (next) => {
    at = next;
    offers().forEach((offer, place) => offer.setAttribute("aria-selected", String(place === at)));
    if (at < 0) return field.removeAttribute("aria-activedescendant");
    field.setAttribute("aria-activedescendant", offers()[at].id);
    offers()[at].scrollIntoView({ block: "nearest" });
  };
  const ask = async () => {
    const number = ++asked;
    const text = field.value.trim();
    const answer = await fetch(`${field.dataset.search}?${new URLSearchParams({ q: text })}`).catch(() => null);
    const found = answer?.ok ? await answer.text() : "";
    if (number !== asked) return;
    list.innerHTML = found;
    if (!text) lately();
    choose(-1);
    field.setAttribute("aria-expanded", String(offers().length > 0));
    said.textContent = offers().length ? "" : field.dataset.searchSaid;
  };
  field.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(ask, 100); });
  dialog.addEventListener("opened", () => { field.select(); ask(); });
  field.addEventListener("keydown", (event) => {
    const count = offers().length;
    if (event.isComposing || !count) return;
    if (event.key === "ArrowDown") choose((at + 1) % count);
    else if (event.key === "ArrowUp") choose((at + count - 1 + (at < 0)) % count);
    else if (event.key === "Enter" && at >= 0) offers()[at].click();
    else return;
    event.preventDefault();
  });
}
