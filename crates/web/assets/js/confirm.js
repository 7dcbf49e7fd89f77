// What cannot be taken back is asked about once more.
document.addEventListener("attach", ({ target: root }) => {
  for (const button of root.querySelectorAll("button[data-confirm]")) {
    button.addEventListener("click", (event) => { if (!confirm(button.dataset.confirm)) event.preventDefault(); });
  }
});
