// What is being written is kept on the server by itself, and what can be said of it is shown beside it.
for (const form of document.querySelectorAll("form[data-draft]")) {
  const box = form.querySelector("[data-assist]");
  const said = form.querySelector("[data-assist-said]");
  const state = form.querySelector("[data-draft-state]");
  const field = (name) => form.elements[name];
  let wait = 0;
  let asked = 0;
  let kept = true;
  box.hidden = false;
  const show = (answer) => {
    const held = document.activeElement;
    if (said.innerHTML === answer) return;
    const focused = said.contains(held);
    said.innerHTML = answer;
    // Whoever took a suggestion by keyboard goes on writing where it was put.
    if (focused) field(held.dataset.put || "text").focus();
  };
  const keep = async (options) => {
    clearTimeout(wait);
    const number = ++asked;
    kept = true;
    const sent = fetch(form.dataset.draft, { method: "POST", body: new URLSearchParams(new FormData(form)), ...options });
    const answer = await sent.catch(() => null);
    if (number !== asked) return;
    if (!answer || !answer.ok) {
      kept = false;
      state.textContent = form.dataset.unsaved;
      wait = setTimeout(keep, 3000);
      return;
    }
    show(await answer.text());
    const saved = said.querySelector("[data-saved]");
    state.textContent = saved ? saved.innerHTML : "";
    const here = new URL(location.href);
    if (saved) here.searchParams.set("draft", field("key").value.split(".")[0]);
    else here.searchParams.delete("draft");
    if (here.pathname === form.getAttribute("action")) history.replaceState(null, "", here);
  };
  const soon = () => { kept = false; clearTimeout(wait); wait = setTimeout(keep, 250); };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  form.addEventListener("submit", () => { clearTimeout(wait); asked++; kept = true; });
  window.addEventListener("pagehide", () => { if (!kept) keep({ keepalive: true }); });
  said.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.same !== undefined) field("same").value = button.dataset.same;
    if (button.dataset.category && !field("category").value) field("category").value = button.dataset.category;
    if (button.dataset.put) field(button.dataset.put).value = button.dataset.value;
    keep();
  });
  if (field("text").value) keep();
}
