// Cases opened from a list carry the list and their place in it, so that the next one is a key away.
for (const list of document.querySelectorAll("[data-list]")) {
  const carried = new URLSearchParams({ in: list.dataset.list });
  if (list.dataset.seen) carried.set("seen", list.dataset.seen);
  if (list.dataset.board !== undefined) carried.set("board", list.dataset.board);
  const rows = list.querySelectorAll("[data-at]");
  // After the only one there is no next.
  if (rows.length === 1) carried.set("only", "yes");
  for (const row of rows) {
    carried.set("at", row.dataset.at);
    // An address has its limit; a very long filter stays behind.
    if (String(carried).length > 6000) continue;
    for (const link of row.querySelectorAll('a[href^="/cases/"]')) {
      const own = new URLSearchParams(link.search);
      for (const [name, value] of carried) own.set(name, value);
      if (link.hasAttribute("data-back")) own.set("back", "yes");
      link.search = String(own);
    }
  }
}
// Whoever comes back stands again where they left.
const left = decodeURIComponent(location.hash).match(/^#case-(.+)$/)?.[1];
const row = left && document.querySelector(`[data-row="${CSS.escape(left)}"]`);
if (row) {
  row.querySelector("a.t").focus({ preventScroll: true });
  row.scrollIntoView({ block: "center", behavior: "instant" });
}
