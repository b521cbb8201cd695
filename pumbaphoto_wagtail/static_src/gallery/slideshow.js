import { icon } from "./elements.js";
import { words } from "./words.js";

const SHOWN_MS = 4500;
const LOOK_AGAIN_MS = 200;
const FADING_MS = 180;
// How many pictures that cannot be had are passed over at once: as many as are fetched in advance.
const AHEAD = 2;

const isStill = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Photo after photo in the lightbox, each for a while from when it is there to be seen. */
export class Slideshow extends EventTarget {
  #lightbox;
  #pswp;
  #timer = 0;
  #wakeLock = null;
  #isFullscreen = false;
  #isWaitingForPage = false;
  #onVisibility = () => this.#followPage();
  #onFullscreen = () => this.#followScreen();
  isPlaying = false;

  constructor(lightbox, pswp) {
    super();
    this.#lightbox = lightbox;
    this.#pswp = pswp;
    document.addEventListener("visibilitychange", this.#onVisibility);
    document.addEventListener("fullscreenchange", this.#onFullscreen);
  }

  toggle() {
    if (this.isPlaying) this.pause();
    else this.play();
  }

  play() {
    if (this.isPlaying) return;
    if (this.#lightbox.stateOf(1) === "none") this.#lightbox.go(0);
    this.#set(true);
    this.#lightbox.tell(words.slideshowRuns);
    this.#fillScreen();
    this.#stayAwake();
    this.#await();
  }

  pause(said = words.slideshowPaused) {
    this.#isWaitingForPage = false;
    if (!this.isPlaying) return;
    this.#set(false);
    clearTimeout(this.#timer);
    this.#sleep();
    this.#lightbox.tell(said);
  }

  /** Another photo is shown, by whoever's doing. */
  onMoved() {
    if (!this.isPlaying) return;
    clearTimeout(this.#timer);
    this.#await();
  }

  end() {
    this.#isWaitingForPage = false;
    this.#set(false);
    clearTimeout(this.#timer);
    this.#sleep();
    document.removeEventListener("visibilitychange", this.#onVisibility);
    document.removeEventListener("fullscreenchange", this.#onFullscreen);
    if (this.#isFullscreen && document.fullscreenElement) document.exitFullscreen().catch(() => {});
  }

  #set(isPlaying) {
    this.isPlaying = isPlaying;
    this.dispatchEvent(new Event("change"));
  }

  /** Its time begins when the photo is there. */
  #await() {
    const state = this.#lightbox.stateOf(0);
    const wait = state === "film" ? LOOK_AGAIN_MS : SHOWN_MS;
    this.#timer =
      state === "loading"
        ? setTimeout(() => this.#await(), LOOK_AGAIN_MS)
        : setTimeout(() => this.#advance(), wait);
  }

  #advance() {
    const next = this.#next();
    if (next === "none") {
      this.#lightbox.say(words.slideshowOver);
      this.pause(words.slideshowOver);
      this.#lightbox.wake();
    } else if (next === "loading") {
      this.#timer = setTimeout(() => this.#advance(), LOOK_AGAIN_MS);
    } else {
      this.#lightbox.move(next);
      this.#fadeIn();
    }
  }

  /**
   * By how many photos to go on; films are passed over, and so is what cannot be had, unless that
   * is the network.
   */
  #next() {
    let first = 1;
    while (this.#lightbox.stateOf(first) === "film") first += 1;
    if (this.#lightbox.stateOf(first) === "none") return "none";
    for (let steps = first; steps < first + AHEAD; steps += 1) {
      const state = this.#lightbox.stateOf(steps);
      if (state === "ready") return steps;
      if (state === "loading" || !navigator.onLine) return "loading";
      if (state === "none") return "none";
    }
    return first + AHEAD - 1;
  }

  #fadeIn() {
    if (isStill()) return;
    this.#pswp.currSlide.container.animate([{ opacity: 0 }, { opacity: 1 }], FADING_MS);
  }

  #followPage() {
    if (document.hidden && this.isPlaying) {
      this.pause();
      this.#isWaitingForPage = true;
    } else if (!document.hidden && this.#isWaitingForPage) {
      this.play();
    }
  }

  #fillScreen() {
    if (!document.fullscreenEnabled || document.fullscreenElement) return;
    document.documentElement
      .requestFullscreen({ navigationUI: "hide" })
      .then(() => (this.#isFullscreen = true))
      // Not allowed, as after a page was loaded anew: then in the window.
      .catch(() => {});
  }

  /** Who leaves the full screen wants to stop. */
  #followScreen() {
    if (!this.#isFullscreen || document.fullscreenElement) return;
    this.#isFullscreen = false;
    this.pause();
  }

  async #stayAwake() {
    try {
      const lock = await navigator.wakeLock?.request("screen");
      if (this.isPlaying) this.#wakeLock = lock;
      else lock?.release();
    } catch {
      // A low battery, say: the screen goes dark when the device thinks fit.
    }
  }

  #sleep() {
    this.#wakeLock?.release();
    this.#wakeLock = null;
  }
}

/** The button that starts it and, which matters more, stops it. */
export const addSlideshowButton = (pswp, slideshow) => {
  pswp.ui.registerElement({
    name: "slideshow",
    order: 9,
    isButton: true,
    onInit: (button) => {
      button.setAttribute("aria-keyshortcuts", "S Space");
      const draw = () => {
        const label = slideshow.isPlaying ? words.pause : words.slideshow;
        button.setAttribute("aria-label", label);
        button.title = label;
        button.replaceChildren(icon(slideshow.isPlaying ? "pause" : "play"));
      };
      slideshow.addEventListener("change", draw);
      draw();
      pswp.on("change", () => button.classList.toggle("pumba-gone", pswp.getNumItems() < 2));
    },
    onClick: () => slideshow.toggle(),
  });
};
