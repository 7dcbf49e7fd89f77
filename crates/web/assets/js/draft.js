// What is being written is kept on the server by itself, and what can be said of it is shown beside it; files
// that are chosen are sent at once and wait there.
// A pause of the keys, in milliseconds: what can be said is there a tenth of a second after it.
const PAUSE = 60;
const leave = new WeakMap();
window.addEventListener("pagehide", () => {
  for (const form of document.querySelectorAll("form[data-draft]")) leave.get(form)?.();
});
document.addEventListener("attach", ({ target: root }) => {
  for (const form of root.querySelectorAll("form[data-draft]")) {
    const box = form.querySelector("[data-assist]");
    const said = form.querySelector("[data-assist-said]");
    const state = form.querySelector("[data-draft-state]");
    const field = (name) => form.elements[name];
    const files = form.querySelector("input[type=file]");
    let wait = 0;
    let asked = 0;
    let kept = true;
    let under = null;
    let late = false;
    let sent = false;
    if (box) box.hidden = false;
    let shown = "";
    const stops = () => [...said.querySelectorAll("a, button")];
    const written = (whole) => {
      const all = new FormData(form);
      return whole ? all : new URLSearchParams([...all].filter(([, value]) => typeof value === "string"));
    };
    const show = (answer) => {
      if (!said) return;
      const held = stops().indexOf(document.activeElement);
      // What has not changed is not read out again.
      if (answer !== shown) said.innerHTML = shown = answer;
      // Who looks at them stays there; who writes elsewhere is left alone.
      if (held >= 0) (stops()[held] || field("text")).focus();
    };
    const keep = async (options) => {
      clearTimeout(wait);
      // One at a time: what is written while files are on their way would be kept without them, and whoever
      // writes faster than the server answers must not make it slower.
      if (under && !options) { late = true; return; }
      const number = ++asked;
      kept = true;
      form.dataset.kept = "no";
      const taken = !options && files?.files.length > 0;
      const stop = under = new AbortController();
      const patience = setTimeout(() => stop.abort(), taken ? 120000 : 10000);
      const sent = fetch(form.dataset.draft, { method: "POST", body: written(taken), signal: stop.signal, ...options });
      const answer = await sent.catch(() => null);
      clearTimeout(patience);
      under = null;
      if (number !== asked) return;
      const more = late;
      late = false;
      if (!answer || !answer.ok) {
        kept = false;
        state.textContent = form.dataset.unsaved;
        wait = setTimeout(keep, 3000);
        return;
      }
      const text = await answer.text();
      if (number !== asked) return;
      const answered = new DOMParser().parseFromString(text, "text/html");
      show(text);
      if (taken) files.value = "";
      if (files) files.required = !answered.querySelector("[data-waiting]");
      form.dataset.kept = kept ? "yes" : "no";
      const saved = answered.querySelector("[data-saved]");
      state.textContent = saved ? saved.innerHTML : "";
      const here = new URL(location.href);
      if (saved) here.searchParams.set("draft", field("key").value.split(".")[0]);
      else here.searchParams.delete("draft");
      if (here.pathname === form.getAttribute("action")) history.replaceState(history.state, "", here);
      if (more) soon();
    };
    const soon = () => {
      // What was sent is no draft any more, whatever keys are still pressed.
      if (sent) return;
      kept = false;
      form.dataset.kept = "no";
      clearTimeout(wait);
      wait = setTimeout(keep, PAUSE);
    };
    // What an input method has not put together yet is no text.
    form.addEventListener("input", (event) => { if (!event.isComposing) soon(); });
    form.addEventListener("compositionend", soon);
    form.addEventListener("change", soon);
    form.addEventListener("submit", () => { clearTimeout(wait); asked++; sent = kept = true; late = false; under?.abort(); });
    form.addEventListener("unsent", () => { sent = false; soon(); });
    leave.set(form, () => { if (!kept || late) keep({ keepalive: true }); });
    box?.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (button.dataset.same !== undefined) field("same").value = button.dataset.same;
      if (button.dataset.category && !field("category").value) field("category").value = button.dataset.category;
      if (button.dataset.put) field(button.dataset.put).value = button.dataset.value;
      // Whoever took a suggestion by keyboard goes on writing where it was put, at once.
      field(button.dataset.put || "text").focus();
      keep();
    });
    if (box && field("text").value) keep();
  }
});
