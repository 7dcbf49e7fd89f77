// Fills in the code that a receipt's QR code, or the link of the set-up, brings behind the mark of the address, and leaves nothing of it there.
const field = document.querySelector("input.code-input");
const code = location.hash.slice(1);
if (field && /^[0-9A-Za-z-]{19,40}$/.test(code)) {
  field.value = code;
  history.replaceState(null, "", location.pathname + location.search);
}
