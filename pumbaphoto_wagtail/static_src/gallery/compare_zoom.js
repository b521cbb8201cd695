const LARGEST = 6;
const CLOSER = 2.5;
const DOUBLE_TAP_MS = 300;
const SWIPE_PX = 60;
const WHEEL_STEP = 0.002;

const between = (low, value, high) => Math.min(high, Math.max(low, value));

/**
 * One zoom for all frames: what is looked at closely in one is in the same place in the others.
 *
 * Fires "swipe" (`detail.steps`: 1 for the next ones) where a finger draws across an unzoomed frame.
 */
export class SharedZoom extends EventTarget {
  #place;
  #scale = 1;
  // Of the frame's size, from its middle.
  #x = 0;
  #y = 0;
  #pointers = new Map();
  #start = null;
  #lastTap = 0;

  constructor(place) {
    super();
    this.#place = place;
    place.addEventListener("wheel", (event) => this.#onWheel(event), { passive: false });
    place.addEventListener("pointerdown", (event) => this.#onDown(event));
    place.addEventListener("pointermove", (event) => this.#onMove(event));
    for (const type of ["pointerup", "pointercancel"]) {
      place.addEventListener(type, (event) => this.#onUp(event));
    }
  }

  get isClose() {
    return this.#scale > 1;
  }

  toggle(at = { x: 0, y: 0 }) {
    if (this.isClose) this.reset();
    else this.#zoom(CLOSER, at);
  }

  reset() {
    this.#scale = 1;
    this.#x = this.#y = 0;
    this.draw();
  }

  draw() {
    const [x, y] = [this.#x, this.#y].map((part) => `${(100 * part).toFixed(2)}%`);
    for (const image of this.#place.querySelectorAll("img")) {
      image.style.transform = this.isClose ? `translate(${x}, ${y}) scale(${this.#scale})` : "";
      // Looked at closely, a larger picture is needed.
      const sizes = `${Math.ceil(image.clientWidth * (this.isClose ? CLOSER : 1))}px`;
      for (const one of image.parentElement.children) one.sizes = sizes;
    }
    this.#place.classList.toggle("pumba-compare__panes--close", this.isClose);
    this.dispatchEvent(new Event("change"));
  }

  #zoom(scale, at) {
    const next = between(1, scale, LARGEST);
    const grown = next / this.#scale;
    this.#scale = next;
    this.#moveTo(at.x - (at.x - this.#x) * grown, at.y - (at.y - this.#y) * grown);
  }

  #moveTo(x, y) {
    const most = (this.#scale - 1) / 2;
    this.#x = between(-most, x, most);
    this.#y = between(-most, y, most);
    this.draw();
  }

  /** Where in its frame something happens, from the middle, and the frame's size in pixels. */
  #at({ clientX, clientY, target }) {
    const frame = target.closest(".pumba-compare__frame");
    if (!frame) return null;
    const { left, top, width, height } = frame.getBoundingClientRect();
    return { x: (clientX - left) / width - 0.5, y: (clientY - top) / height - 0.5, width, height };
  }

  #onWheel(event) {
    const at = this.#at(event);
    if (!at) return;
    event.preventDefault();
    this.#zoom(this.#scale * 2 ** (-event.deltaY * WHEEL_STEP), at);
  }

  #onDown(event) {
    const at = this.#at(event);
    if (!at || event.button > 0) return;
    event.preventDefault();
    event.target.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.#begin(at);
  }

  #begin(at) {
    this.#start = { at, x: this.#x, y: this.#y, scale: this.#scale, ...this.#hand() };
  }

  /** Middle and spread of the fingers. */
  #hand() {
    const points = [...this.#pointers.values()];
    const middle = (axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
    const [one, other] = points;
    const spread = other ? Math.hypot(one.x - other.x, one.y - other.y) : 0;
    return { middle: { x: middle("x"), y: middle("y") }, spread };
  }

  #onMove(event) {
    if (!this.#pointers.has(event.pointerId)) return;
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const { at, x, y, scale, middle, spread } = this.#start;
    const now = this.#hand();
    if (spread && now.spread) {
      [this.#x, this.#y, this.#scale] = [x, y, scale];
      this.#zoom((scale * now.spread) / spread, at);
    } else if (this.isClose) {
      const [right, down] = [now.middle.x - middle.x, now.middle.y - middle.y];
      this.#moveTo(x + right / at.width, y + down / at.height);
    }
  }

  #onUp(event) {
    if (!this.#pointers.has(event.pointerId)) return;
    const { middle, at, spread } = this.#start;
    const right = event.clientX - middle.x;
    const isStill = Math.hypot(right, event.clientY - middle.y) < 10;
    this.#pointers.delete(event.pointerId);
    if (this.#pointers.size) {
      this.#begin(at);
    } else if (event.type === "pointerup" && !spread) {
      if (isStill) this.#onTap(at);
      else if (!this.isClose && Math.abs(right) > SWIPE_PX) this.#swipe(right < 0 ? 1 : -1);
    }
  }

  #onTap(at) {
    const now = performance.now();
    const isDouble = now - this.#lastTap < DOUBLE_TAP_MS;
    this.#lastTap = isDouble ? 0 : now;
    if (isDouble) this.toggle(at);
  }

  #swipe(steps) {
    this.dispatchEvent(new CustomEvent("swipe", { detail: { steps } }));
  }
}
