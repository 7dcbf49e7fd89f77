// A picture seen large, over the page: the arrow keys lead to the next one, so that before and after change places
// under the eye. Without script its link opens the file.
const box = document.getElementById("zoom");
if (box) {
  const links = [...document.querySelectorAll("a[data-zoom]")];
  const frame = box.querySelector(".frame");
  const whole = box.querySelector("[data-zoom-whole]");
  const picture = document.createElement("img");
  let at = 0;
  const size = (is) => {
    frame.classList.toggle("whole", is);
    whole.setAttribute("aria-pressed", String(is));
  };
  const show = (to) => {
    at = (to + links.length) % links.length;
    const link = links[at];
    picture.src = link.href;
    picture.alt = link.querySelector("img").alt;
    box.querySelector("#zoom-said").textContent = `${at + 1}/${links.length} · ${link.dataset.zoom}`;
    box.querySelector("[data-zoom-file]").href = link.href;
    frame.replaceChildren(picture);
  };
  for (const [place, link] of links.entries()) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      size(false);
      show(place);
      box.showModal();
    });
  }
  for (const button of box.querySelectorAll("[data-zoom-by]")) {
    button.hidden = links.length < 2;
    button.addEventListener("click", () => show(at + Number(button.dataset.zoomBy)));
  }
  whole.addEventListener("click", () => size(!frame.classList.contains("whole")));
  box.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    // At its own size a picture is moved by the arrows.
    if (!by || frame.classList.contains("whole") || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    show(at + by);
  });
}
