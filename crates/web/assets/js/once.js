// A form that was sent is not sent again by a second click; the button pressed says that it is under way.
document.addEventListener("attach", ({ target: root }) => {
  for (const form of root.querySelectorAll("form[data-once]")) {
    form.addEventListener("submit", (event) => {
      const buttons = form.querySelectorAll("button[type=submit]");
      setTimeout(() => {
        for (const button of buttons) button.disabled = true;
        (event.submitter ?? buttons[0]).textContent = form.dataset.once;
      });
    });
  }
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted && document.querySelector("form[data-once]")) location.reload();
});
