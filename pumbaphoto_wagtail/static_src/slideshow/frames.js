import { imageIn, pictureOf } from "./pictures.js";

const CALM_MS = 900;
const BRIEF_MS = 160;

export const isStill = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

/** The frame itself: one picture to be seen, the next ones decoded before they are. */
export class Frames {
  #box;
  #entries = new Map();

  constructor(box) {
    this.#box = box;
  }

  /** Begin to fetch a slide; its entry says whether it is "loading", "ready" or "failed". */
  load(slide) {
    const known = this.#entries.get(slide.name);
    if (known) return known;
    const picture = pictureOf(slide);
    const entry = { picture, state: "loading" };
    entry.settled = imageIn(picture)
      .decode()
      .then(
        () => (entry.state = "ready"),
        () => (entry.state = "failed"),
      );
    this.#entries.set(slide.name, entry);
    return entry;
  }

  /** Let go of everything but these. */
  keepOnly(names) {
    const kept = new Set(names);
    for (const name of this.#entries.keys()) if (!kept.has(name)) this.#entries.delete(name);
  }

  forget(name) {
    this.#entries.delete(name);
  }

  /** Show a picture in the place of the one before. */
  show(picture, words, { isCalm = true } = {}) {
    const gone = [...this.#box.children].filter((child) => child !== picture);
    imageIn(picture).alt = words;
    for (const animation of picture.getAnimations()) animation.cancel();
    this.#box.append(picture);
    const leave = () => gone.forEach((child) => child !== this.#box.lastElementChild && child.remove());
    if (isStill() || !gone.length) return leave();
    const duration = isCalm ? CALM_MS : BRIEF_MS;
    const timing = { duration, easing: "ease-in-out", fill: "backwards" };
    picture.animate([{ opacity: 0 }, { opacity: 1 }], timing);
    // What is behind has another shape, perhaps, and would stand beside the new one.
    for (const child of gone) {
      child.animate([{ opacity: 1 }, { opacity: 0 }], { ...timing, fill: "forwards" });
    }
    setTimeout(leave, duration);
  }

  clear() {
    this.#entries.clear();
    this.#box.replaceChildren();
  }
}
