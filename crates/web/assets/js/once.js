// A form that was sent is not sent again by a second click; the page says that it is under way.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", () => {
    for (const button of form.querySelectorAll("button[type=submit]")) {
      setTimeout(() => { button.disabled = true; button.textContent = form.dataset.once; });
    }
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}
