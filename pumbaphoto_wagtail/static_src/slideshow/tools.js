import { element, icon } from "../gallery/elements.js";
import { sentence, words } from "../gallery/words.js";
import { canFill, fill, isFilled, unfill } from "./screen.js";

const IDLE_MS = 3000;
const SWIPE_PX = 45;
const TAP_PX = 10;
const PACES = [3, 4, 6, 8, 12, 20, 30, 60];

const find = (name) => document.querySelector(`[data-show-${name}]`);
const isRightToLeft = () => document.documentElement.dir === "rtl";

/** Buttons, keys and fingers. What one sees of it fades while the show runs and nobody moves. */
export class Tools {
  #show;
  #idle = 0;
  #down = null;

  constructor(show, { seconds, shortest, longest }) {
    this.#show = show;
    this.#offerPaces(seconds, shortest, longest);
    this.#connectButtons();
    document.addEventListener("keydown", (event) => this.#onKey(event));
    document.addEventListener("fullscreenchange", () => this.#drawFill());
    for (const kind of ["pointermove", "pointerdown", "focusin"]) {
      document.addEventListener(kind, () => this.wake());
    }
    this.#connectStage(find("stage"));
  }

  appear() {
    document.querySelectorAll("[data-show-tools]").forEach((tools) => (tools.hidden = false));
    this.wake();
  }

  wake() {
    clearTimeout(this.#idle);
    document.body.classList.remove("pumba-show--idle");
    this.#idle = setTimeout(() => this.#sleep(), IDLE_MS);
  }

  draw({ isPlaying, number, count }) {
    const play = find("play");
    const label = isPlaying ? words.pause : words.play;
    play.setAttribute("aria-label", label);
    play.title = label;
    play.replaceChildren(icon(isPlaying ? "pause" : "play"));
    find("count").textContent = count ? sentence(words.position, { number, count }) : "";
  }

  drawShuffle(isShuffled) {
    find("shuffle").setAttribute("aria-pressed", String(isShuffled));
  }

  /** One that has words is offered with them. */
  caption(text) {
    const caption = find("caption");
    caption.textContent = text;
    if (text) find("captions").hidden = false;
    this.#drawCaption();
  }

  #sleep() {
    const isUsed = document.activeElement?.matches("[data-show-tools] :focus-visible");
    if (this.#show.isPlaying && !isUsed) document.body.classList.add("pumba-show--idle");
  }

  #connectButtons() {
    find("play").addEventListener("click", () => this.#show.toggle());
    find("before").addEventListener("click", () => this.#show.step(-1));
    find("after").addEventListener("click", () => this.#show.step(1));
    find("shuffle").addEventListener("click", () => this.#show.toggleShuffle());
    find("captions").addEventListener("click", () => this.#toggleCaptions());
    find("fill").addEventListener("click", () => this.#toggleFill());
    find("fill").hidden = !canFill();
    find("pace").addEventListener("change", (event) => (this.#show.seconds = Number(event.target.value)));
  }

  #offerPaces(seconds, shortest, longest) {
    const offered = [...new Set([...PACES, seconds])].filter((one) => one >= shortest && one <= longest);
    const options = offered
      .sort((one, other) => one - other)
      .map((count) =>
        element("option", {
          value: String(count),
          textContent: sentence(words.seconds, { count }),
          selected: count === seconds,
        }),
      );
    find("pace").replaceChildren(...options);
  }

  #toggleCaptions() {
    const button = find("captions");
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    this.#drawCaption();
  }

  #drawCaption() {
    const caption = find("caption");
    const isWanted = find("captions").getAttribute("aria-pressed") === "true";
    caption.hidden = !isWanted || !caption.textContent;
  }

  #toggleFill() {
    if (isFilled()) unfill();
    else fill();
  }

  #drawFill() {
    find("fill").setAttribute("aria-pressed", String(isFilled()));
    find("fill").replaceChildren(icon(isFilled() ? "unfill" : "fill"));
    this.wake();
  }

  // --- Keys and fingers --------------------------------------------------------------------------

  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = this.#acts(event.target)[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  #acts(target) {
    const acts = { f: () => this.#toggleFill(), c: () => this.#toggleCaptions(), Escape: () => this.#leave() };
    // A list of paces has these keys for itself, and a button its space bar.
    if (target.matches("select")) return acts;
    const [back, on] = isRightToLeft() ? [1, -1] : [-1, 1];
    return {
      ...acts,
      ArrowLeft: () => this.#show.step(back),
      ArrowRight: () => this.#show.step(on),
      // What a presenter's remote control sends.
      PageUp: () => this.#show.step(-1),
      PageDown: () => this.#show.step(1),
      ...(target.matches("button, a") ? {} : { " ": () => this.#show.toggle() }),
    };
  }

  #leave() {
    const back = find("back");
    if (isFilled()) unfill();
    else if (back && !this.#show.isEndless) back.click();
    else this.#show.pause();
  }

  #connectStage(stage) {
    stage.addEventListener("pointerdown", (event) => {
      this.#down = event.isPrimary ? { x: event.clientX, y: event.clientY } : null;
    });
    stage.addEventListener("pointerup", (event) => this.#onUp(event));
    stage.addEventListener("pointercancel", () => (this.#down = null));
    stage.addEventListener("dragstart", (event) => event.preventDefault());
  }

  #onUp(event) {
    const down = this.#down;
    this.#down = null;
    if (!down || event.button > 0) return;
    const across = event.clientX - down.x;
    const along = Math.abs(event.clientY - down.y);
    if (Math.abs(across) > SWIPE_PX && Math.abs(across) > along) {
      this.#show.step((across < 0) === isRightToLeft() ? -1 : 1);
    } else if (Math.abs(across) < TAP_PX && along < TAP_PX && event.pointerType === "mouse") {
      this.#show.step(1);
    }
  }
}
