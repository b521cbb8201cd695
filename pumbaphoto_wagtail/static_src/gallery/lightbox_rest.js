const IDLE_MS = 3000;
const AWAKENING = ["pointermove", "pointerdown", "keydown", "focusin"];
const TOOLS = "button, a";

// Only somebody whose pointer moves sees that tools have faded: keys and screen readers never move it.
let isPointing = false;
document.addEventListener("pointermove", () => (isPointing = true), { capture: true, passive: true });
document.addEventListener("keydown", () => (isPointing = false), { capture: true });

/** After a while without a movement only the photograph is left. */
export class Rest {
  #element;
  #timer = 0;
  #wasResting = false;
  #onSign = (event) => this.#wakeAt(event);
  // A touch only brings them back: what cannot be seen cannot be meant.
  #onClick = (event) => {
    if (!this.#wasResting || !event.target.closest?.(TOOLS)) return;
    event.preventDefault();
    event.stopPropagation();
  };

  constructor(element) {
    this.#element = element;
    for (const type of AWAKENING) document.addEventListener(type, this.#onSign, true);
    element.addEventListener("click", this.#onClick, true);
    this.wake();
  }

  get isResting() {
    return this.#element.classList.contains("pumba-idle");
  }

  wake() {
    clearTimeout(this.#timer);
    this.#element.classList.remove("pumba-idle");
    if (isPointing) this.#timer = setTimeout(() => this.#rest(), IDLE_MS);
  }

  /** A tap on the photograph: the tools go if they were there, and only come back if not. */
  toggle() {
    if (!this.#wasResting) this.#rest();
  }

  end() {
    clearTimeout(this.#timer);
    for (const type of AWAKENING) document.removeEventListener(type, this.#onSign, true);
  }

  #wakeAt({ type }) {
    if (type === "pointerdown") this.#wasResting = this.isResting;
    if (type === "keydown") this.#wasResting = false;
    this.wake();
  }

  #rest() {
    clearTimeout(this.#timer);
    this.#element.classList.add("pumba-idle");
  }
}
