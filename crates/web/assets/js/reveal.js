// Lets a password be looked at while it is typed; before it is sent it is hidden again, so that no browser keeps it
// among what was written into text fields.
for (const button of document.querySelectorAll("button[data-reveal]")) {
  const field = document.getElementById(button.dataset.reveal);
  const show = (shown) => {
    const { show, hide, showSaid, hideSaid } = button.dataset;
    field.type = shown ? "text" : "password";
    button.textContent = shown ? hide : show;
    button.setAttribute("aria-label", shown ? hideSaid : showSaid);
  };
  show(false);
  button.hidden = false;
  button.addEventListener("click", () => show(field.type === "password"));
  field.form.addEventListener("submit", () => show(false));
}
