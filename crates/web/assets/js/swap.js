// Whoever takes one call after the other does not wait for whole pages: a form or a link that is marked so is asked for
// here, and head and main part of what answers take the place of these. What comes in is made alive by the event "attach",
// which every page gets once it is there. Wherever this is not sure to work, the browser goes there as ever.
const PATIENCE = 30000;
const attach = (root) => root.dispatchEvent(new Event("attach", { bubbles: true }));
document.addEventListener("DOMContentLoaded", () => attach(document));
// What a page is besides: its style, language and look, and whose session it is. Where one differs, all is loaded anew.
const frame = (page) => {
  const { lang, className } = page.documentElement;
  const style = page.querySelector("link[rel=stylesheet]")?.getAttribute("href");
  return [style, lang, className, page.querySelector("header [name=csrf]")?.value].join(" ");
};
// Which of the states of this page in the history is shown.
let shown = history.state?.shown ?? 0;
let leaves = false;
// A place of its own, as a page has it; one that shows what came of a form can say where that is found again.
const enter = (url, found) => {
  if (history.state?.shown === undefined) history.replaceState({ shown }, "");
  const at = new URL(found ?? url, location.href);
  const same = at.href === location.href;
  shown = same ? shown : shown + 1;
  history[same ? "replaceState" : "pushState"]({ shown }, "", at);
};
const put = (old, part) => {
  old.replaceWith(document.adoptNode(part));
  attach(part);
};
const swap = (page, url) => {
  const main = page.querySelector("main");
  main.dataset.swapped = "";
  document.title = page.title;
  enter(url, main.querySelector("[data-found-at]")?.dataset.foundAt);
  put(document.querySelector("header.top"), page.querySelector("header.top"));
  put(document.getElementById("content"), main);
  leaves = false;
  scrollTo(0, 0);
  (main.querySelector("[autofocus]") ?? main).focus({ preventScroll: true });
};
const ask = async (url, options) => {
  const signal = AbortSignal.timeout(PATIENCE);
  const answer = await fetch(url, { headers: { Accept: "text/html" }, signal, ...options }).catch(() => null);
  const text = await answer?.text().catch(() => null);
  return typeof text === "string" ? { answer, page: new DOMParser().parseFromString(text, "text/html") } : {};
};
const content = () => document.getElementById("content");
// While something is under way nothing can be written, for that would be lost.
const hold = (under) => { [content().ariaBusy, content().inert] = [under ? "true" : null, under]; };
// Shows an answer in place; false where it must be loaded as a page.
const show = ({ answer, page }, url) => {
  if (!page.querySelector("main#content") || frame(page) !== frame(document)) return false;
  if (answer.redirected) location.assign(answer.url);
  else swap(page, url);
  return true;
};
// Whether an answer is what the form was sent for, or the form once more.
const settles = ({ answer, page }) => page.querySelector("form[data-swap]")
  || answer.ok && !answer.redirected && page.querySelector("main#content");
const send = (form, fields) => ask(form.action, { method: "POST", body: new URLSearchParams(fields) });
// Who has logged in anew beside it sends with the new session's token; nobody else does.
const renew = async (form) => {
  const found = await ask(form.action);
  const me = (page) => page.querySelector("header a.who")?.href;
  const [token, head] = ["form[data-swap] [name=csrf]", "header.top"].map((part) => found.page?.querySelector(part));
  if (!token || me(found.page) !== me(document) || form.querySelector("[name=csrf]").value === token.value) return false;
  for (const own of content().querySelectorAll("[name=csrf]")) own.value = token.value;
  put(document.querySelector("header.top"), head);
  return true;
};
// What was written stays, and what to do is said above it; the button can be pressed again.
const refuse = (form) => {
  const said = document.createElement("p");
  said.className = "notice over";
  said.role = "alert";
  said.tabIndex = -1;
  said.dataset.refused = "";
  said.textContent = form.dataset.notTaken;
  content().querySelector("[data-refused]")?.remove();
  form.before(said);
  form.dispatchEvent(new Event("unsent"));
  said.focus();
  said.scrollIntoView({ block: "center", behavior: "instant" });
};
// The browser sends again where no answer came, or one that must be a page: a form that was sent twice is one case.
// Where that leads nowhere, the form is free again in the end.
const resend = (form) => {
  hold(true);
  form.submit();
  setTimeout(() => {
    hold(false);
    form.dispatchEvent(new Event("unsent"));
  }, PATIENCE);
};
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-swap]");
  if (!form || event.defaultPrevented) return;
  event.preventDefault();
  if (content().inert) return;
  const fields = new FormData(form, event.submitter);
  hold(true);
  let found = await send(form, fields);
  if (found.answer && !settles(found) && await renew(form)) {
    fields.set("csrf", form.querySelector("[name=csrf]").value);
    found = await send(form, fields);
  }
  hold(false);
  if (!form.isConnected) return;
  if (found.answer && !settles(found)) refuse(form);
  else if (!found.answer || !show(found, form.action)) resend(form);
});
document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[data-swap]");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  hold(true);
  const found = await ask(link.href);
  hold(false);
  if (!link.isConnected || found.answer?.ok && show(found, link.href)) return;
  leaves = "goesOn" in link.dataset;
  location.assign(link.href);
});
// What cannot be asked for again by loading the page anew.
const lost = () => document.querySelector("[data-swapped] [data-shown-once], [data-gone-when-left]");
window.addEventListener("popstate", (event) => {
  const asked = event.state?.shown;
  if (asked === undefined || asked === shown) return;
  leaves = !content().inert && (!lost() || confirm(lost().dataset.shownOnce));
  if (leaves) location.reload();
  else history.go(shown - asked);
});
// The browser asks before such a page is left, but not whoever goes on as the page proposes.
window.addEventListener("click", (event) => {
  const stays = event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey;
  leaves = !stays && Boolean(event.target.closest?.("[data-goes-on]"));
  setTimeout(() => { leaves = false; }, 1000);
});
window.addEventListener("beforeunload", (event) => {
  if (leaves || !lost()) return;
  event.preventDefault();
  // For whoever stays.
  setTimeout(() => { for (const form of document.forms) form.dispatchEvent(new Event("unsent")); });
});
