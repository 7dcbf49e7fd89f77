// Fills in the code that a receipt's QR code, or the link of the set-up, brings behind the mark of the address, and leaves
// nothing of it there. The set-up goes on by itself: whoever opened its link wants nothing else.
const field = document.querySelector("input.code-input");
const code = location.hash.slice(1);
if (field && /^[0-9A-Za-z-]{19,40}$/.test(code)) {
  field.value = code;
  history.replaceState(null, "", location.pathname + location.search);
  if ("go" in field.dataset) field.form.requestSubmit();
}
