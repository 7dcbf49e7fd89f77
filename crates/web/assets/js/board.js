// The board's cards: the arrow keys go from one to another, and a card is drawn to a column that one of its steps
// leads to. What the step needs is asked there; nothing is done by the drawing alone.
const board = document.querySelector("[data-cards]");
if (board) {
  const columns = [...board.querySelectorAll("[data-phase]")];
  const cards = (column) => [...column.querySelectorAll("[data-row]")];
  const stand = (card) => {
    card?.querySelector("a.t").focus({ preventScroll: true });
    card?.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
  };
  const beside = (card, by) => {
    const column = card.closest("[data-phase]");
    const at = cards(column).indexOf(card);
    const rest = columns.slice(columns.indexOf(column)).filter((other) => other !== column);
    const before = columns.slice(0, columns.indexOf(column)).reverse();
    const next = (by > 0 ? rest : before).find((other) => cards(other).length > 0);
    return next && cards(next)[Math.min(at, cards(next).length - 1)];
  };
  const inMenu = (menu, from, by) => {
    const parts = [...menu.querySelectorAll("summary, a")];
    parts[parts.indexOf(from) + by]?.focus();
  };
  board.addEventListener("keydown", (event) => {
    const card = event.target.closest("[data-row]");
    if (!card || event.altKey || event.ctrlKey || event.metaKey) return;
    const menu = event.target.closest("details[open]");
    if (menu && event.key === "Escape") {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    const by = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") return stand(beside(card, by));
    if (menu) return inMenu(menu, event.target, by);
    const own = cards(card.closest("[data-phase]"));
    stand(own[own.indexOf(card) + by]);
  });
  let drawn = null;
  const takes = (column) => drawn?.dataset.to.split(" ").includes(column.dataset.phase);
  const end = () => {
    drawn = null;
    for (const column of columns) column.classList.remove("takes", "over");
  };
  for (const card of board.querySelectorAll("[data-to]")) {
    card.draggable = true;
    card.addEventListener("dragstart", (event) => {
      drawn = card;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", card.dataset.row);
      for (const column of columns) column.classList.toggle("takes", takes(column));
    });
    card.addEventListener("dragend", end);
  }
  for (const column of columns) {
    column.addEventListener("dragover", (event) => {
      if (!takes(column)) return;
      event.preventDefault();
      column.classList.add("over");
    });
    column.addEventListener("dragleave", () => column.classList.remove("over"));
    column.addEventListener("drop", (event) => {
      if (!takes(column)) return;
      event.preventDefault();
      // One step is asked for by itself; of several that lead there, one is chosen on the page that follows.
      const to = new URL(drawn.querySelector(`[data-goes="${column.dataset.phase}"]`).href);
      to.searchParams.delete("step");
      to.searchParams.set("to", column.dataset.phase);
      end();
      location.assign(to);
    });
  }
}
