// A form that was sent is not sent again by a second click; the button pressed says that it is under way.
document.addEventListener("attach", ({ target: root }) => {
  for (const form of root.querySelectorAll("form[data-once]")) {
    form.addEventListener("submit", (event) => {
      const buttons = form.querySelectorAll("button[type=submit]");
      const pressed = event.submitter ?? buttons[0];
      const title = pressed.textContent;
      form.addEventListener("unsent", () => {
        for (const button of buttons) button.disabled = false;
        pressed.textContent = title;
      }, { once: true });
      setTimeout(() => {
        for (const button of buttons) button.disabled = true;
        pressed.textContent = form.dataset.once;
      });
    });
  }
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted && document.querySelector("form[data-once]")) location.reload();
});
