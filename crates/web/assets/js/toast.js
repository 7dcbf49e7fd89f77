// A toast is closed without asking for the page again, by its cross or by Escape.
const toast = document.querySelector("[data-toast]");
const leave = () => {
  const inside = toast.contains(document.activeElement);
  toast.remove();
  if (inside) document.getElementById("content").focus({ preventScroll: true });
};
toast?.querySelector(".toast-close").addEventListener("click", (event) => { event.preventDefault(); leave(); });
document.addEventListener("keydown", (event) => {
  const asked = event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open]");
  if (asked && toast?.isConnected) leave();
});
