// Which cases, units and persons somebody opened lately, for the search box. It is kept for this tab alone, and forgotten
// where nobody is logged in: the next person at the same screen finds nothing.
const MOST = 6;
if (!document.getElementById("find")) sessionStorage.removeItem("recent");
else if (/^\/(cases|units|persons)\/[^/]+$/.test(location.pathname)) {
  const here = { href: location.pathname, said: document.querySelector("h1")?.textContent.trim() ?? "" };
  const before = JSON.parse(sessionStorage.getItem("recent") ?? "[]").filter((one) => one.href !== here.href);
  if (here.said) sessionStorage.setItem("recent", JSON.stringify([here, ...before].slice(0, MOST)));
}
