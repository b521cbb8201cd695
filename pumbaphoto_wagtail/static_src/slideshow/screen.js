/** Keeps the device's screen on while the show runs, where the browser can. */
export class Awake {
  #lock = null;
  #isWanted = false;

  constructor() {
    // A lock is lost with the page's sight, and is taken again when it is back.
    document.addEventListener("visibilitychange", () => this.#take());
  }

  get isSupported() {
    return "wakeLock" in navigator;
  }

  start() {
    this.#isWanted = true;
    this.#take();
  }

  stop() {
    this.#isWanted = false;
    this.#lock?.release();
    this.#lock = null;
  }

  async #take() {
    if (!this.#isWanted || document.hidden || (this.#lock && !this.#lock.released)) return;
    try {
      const lock = await navigator.wakeLock?.request("screen");
      if (this.#isWanted) this.#lock = lock;
      else lock?.release();
    } catch {
      // A low battery, say: the screen goes dark when the device thinks fit.
    }
  }
}

export const canFill = () => Boolean(document.fullscreenEnabled);

export const isFilled = () => Boolean(document.fullscreenElement);

/** Give the show the whole screen. Without a touch before, or on a telephone, it may not be had. */
export const fill = () => {
  if (!canFill() || isFilled()) return;
  document.documentElement.requestFullscreen({ navigationUI: "hide" }).catch(() => {});
};

export const unfill = () => {
  if (isFilled()) document.exitFullscreen().catch(() => {});
};
