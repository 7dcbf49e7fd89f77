// Offers to print where a script can.
document.addEventListener("attach", ({ target: root }) => {
  for (const button of root.querySelectorAll("button[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
});
