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
const swap = (page, url) => {
  const main = document.adoptNode(page.querySelector("main"));
  const head = document.adoptNode(page.querySelector("header.top"));
  main.dataset.swapped = "";
  document.querySelector("header.top").replaceWith(head);
  document.getElementById("content").replaceWith(main);
  document.title = page.title;
  enter(url, main.querySelector("[data-found-at]")?.dataset.foundAt);
  attach(head);
  attach(main);
  leaves = false;
  scrollTo(0, 0);
  (main.querySelector("[autofocus]") ?? main).focus({ preventScroll: true });
};
// Whether what answers can stand here: an error that does not show the form again is a page of its own, from which the
// browser comes back to what was written.
const fits = (page, answer) => Boolean(page.querySelector("main#content")) && frame(page) === frame(document)
  && (answer.ok || Boolean(page.querySelector("form[data-swap]")));
const go = async (url, options, otherwise) => {
  const content = document.getElementById("content");
  content.ariaBusy = "true";
  // What would be written now would be lost.
  content.inert = true;
  const signal = AbortSignal.timeout(PATIENCE);
  const answer = await fetch(url, { headers: { Accept: "text/html" }, signal, ...options }).catch(() => null);
  const text = await answer?.text().catch(() => null);
  content.ariaBusy = null;
  // Somebody else's answer, or that of a page which is no longer shown.
  if (!content.isConnected) return;
  const page = text && new DOMParser().parseFromString(text, "text/html");
  if (!page || !fits(page, answer)) otherwise();
  else if (answer.redirected) location.assign(answer.url);
  else swap(page, url);
};
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-swap]");
  if (!form || event.defaultPrevented) return;
  const fields = new FormData(form, event.submitter);
  event.preventDefault();
  // A form that was sent twice is one case.
  go(form.action, { method: "POST", body: new URLSearchParams(fields) }, () => form.submit());
});
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-swap]");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go(link.href, {}, () => location.assign(link.href));
});
// What cannot be asked for again by loading the page anew.
const lost = () => document.querySelector("[data-swapped] [data-shown-once], [data-gone-when-left]");
window.addEventListener("popstate", (event) => {
  const asked = event.state?.shown;
  if (asked === undefined || asked === shown) return;
  leaves = !lost() || confirm(lost().dataset.shownOnce);
  if (leaves) location.reload();
  else history.go(shown - asked);
});
// The browser asks before such a page is left, but not whoever goes on by what the page itself offers.
window.addEventListener("click", (event) => {
  const stays = event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey;
  leaves = !stays && Boolean(event.target.closest?.("main a:not([target]), main [type=submit]"));
  setTimeout(() => { leaves = false; }, 1000);
});
window.addEventListener("beforeunload", (event) => { if (!leaves && lost()) event.preventDefault(); });
