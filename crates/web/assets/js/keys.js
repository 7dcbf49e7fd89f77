// The keys of a page: whatever carries data-key is reached by it, and j and k go through the rows of lists.
// Nothing is taken from whoever types, and single keys can be turned off (WCAG 2.1.4).
const TYPING = "input:not([type=checkbox], [type=radio], [type=submit]), textarea, select, [contenteditable]";
const dialog = document.getElementById("keys");
const off = () => localStorage.getItem("keys") === "off";
const rows = () => [...document.querySelectorAll("[data-row]")];
const here = () => rows().findIndex((row) => row.contains(document.activeElement));
const stand = (row) => {
  row.querySelector(".t").focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest", behavior: "instant" });
};
const move = (step) => {
  const row = rows()[here() < 0 ? 0 : here() + step];
  if (row) stand(row);
  return rows().length > 0;
};
const choose = () => {
  const box = rows()[here()]?.querySelector("input[type=checkbox]");
  box?.click();
  return Boolean(box);
};
// Opens what can be done with the row, and stands in it.
const open = () => {
  const menu = rows()[here()]?.querySelector("details");
  if (!menu) return false;
  menu.open = true;
  menu.querySelector("a, textarea")?.focus();
  return true;
};
const reach = (key) => {
  const found = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!found) return false;
  if (found.matches("a, button, summary")) found.click();
  else { found.focus(); found.select?.(); }
  return true;
};
const ACTS = { j: () => move(1), k: () => move(-1), x: choose, m: open };
let before = "";
let wait = 0;
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
  if (event.ctrlKey || event.altKey || event.metaKey || event.key.length > 1 || off()) return;
  if (event.target.closest?.(TYPING) || document.querySelector("dialog[open]")) return;
  const key = before + event.key;
  clearTimeout(wait);
  before = key === "g" ? "g " : "";
  wait = setTimeout(() => { before = ""; }, 1500);
  if (!before && (ACTS[key]?.() || reach(key))) event.preventDefault();
});
document.addEventListener("attach", ({ target: root }) => {
  for (const link of root.querySelectorAll("a[data-dialog]")) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      const box = document.getElementById(link.dataset.dialog);
      box.showModal();
      box.dispatchEvent(new Event("opened"));
    });
  }
});
if (dialog) {
  const button = dialog.querySelector("[data-keys-switch]");
  const said = dialog.querySelector("[data-keys-said]");
  const show = () => { for (const part of [button, said]) part.textContent = off() ? part.dataset.off : part.dataset.on; };
  button.addEventListener("click", () => { localStorage.setItem("keys", off() ? "on" : "off"); show(); });
  show();
}
