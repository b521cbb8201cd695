// The two pictures: looked at closely together, or one over the other so that what differs jumps.

import { SharedZoom } from "../gallery/compare_zoom.js";

export function lookClosely() {
  const pair = document.querySelector("[data-pumba-pair]");
  const tools = document.querySelector("[data-pumba-tools]");
  if (!pair || !tools) {
    return;
  }
  tools.hidden = !pair.querySelector("img");
  // The wheel scrolls the page as everywhere, until somebody has begun to look closely.
  pair.addEventListener(
    "wheel",
    (event) => {
      if (!(zoom.isClose || event.ctrlKey)) {
        event.stopImmediatePropagation();
      }
    },
    { capture: true },
  );
  const zoom = new SharedZoom(pair);
  const closer = tools.querySelector("[data-pumba-closer]");
  zoom.addEventListener("change", () => closer.setAttribute("aria-pressed", zoom.isClose));
  closer.addEventListener("click", () => zoom.toggle());
  zoom.addEventListener("swipe", ({ detail }) => {
    // A mouse that drags a picture does not want another one.
    if (!window.matchMedia("(pointer: coarse)").matches) {
      return;
    }
    const key = detail.steps > 0 ? "j" : "k";
    document.querySelector(`#pumba-board [data-pumba-key~="${key}"]`)?.click();
  });
  layOver(pair, tools.querySelector("[data-pumba-over]"));
}

/** First press: both in one place, the original shown; each further one shows the other. */
function layOver(pair, button) {
  const isOver = () => pair.classList.contains("pumba-pair--over");
  button?.addEventListener("click", () => {
    if (isOver()) {
      pair.classList.toggle("pumba-pair--edit");
    } else {
      pair.classList.add("pumba-pair--over");
      button.setAttribute("aria-pressed", "true");
      document.querySelector("[data-pumba-beside]").hidden = false;
    }
  });
  document.querySelector("[data-pumba-beside]")?.addEventListener("click", (event) => {
    pair.classList.remove("pumba-pair--over", "pumba-pair--edit");
    button.setAttribute("aria-pressed", "false");
    event.currentTarget.hidden = true;
    button.focus();
  });
}
