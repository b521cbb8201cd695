import { Order } from "./compare_order.js";
import { SharedZoom } from "./compare_zoom.js";
import { element, icon } from "./elements.js";
import { slideOf } from "./lightbox_slides.js";
import { StepBack } from "./step_back.js";
import { sentence, words } from "./words.js";

const WIDE = "(min-width: 48rem)";
const [MOST, MOST_ON_PHONES] = [4, 2];
// What stands below a picture, when the best arrangement is looked for.
const HEART_PX = 60;
const MESSAGE_MS = 6000;

/** In how many columns pictures of this shape are largest. */
const bestColumns = (amount, shape, { width, height }) => {
  const sizeWith = (columns) => {
    const rows = Math.ceil(amount / columns);
    return Math.min(width / columns, (height / rows - HEART_PX) * shape);
  };
  const all = Array.from({ length: amount }, (_none, index) => index + 1);
  return all.reduce((best, each) => (sizeWith(each) > sizeWith(best) ? each : best), 1);
};

/** Favourites side by side: those that look alike first, two at a time on phones. */
export class Comparison {
  #picks;
  #address;
  #dialog;
  #panes = element("ul", { className: "pumba-compare__panes", attributes: { role: "list" } });
  #tally = element("p", { className: "pumba-compare__tally", attributes: { role: "status" } });
  #undoWords = element("span");
  #undo;
  #zoomButton;
  #ways;
  #zoom;
  #order = null;
  #photos = new Map();
  #removed = null;
  #shown = [];
  #timer = 0;
  #step;
  #opener = null;
  #isMirrored;
  #wide = window.matchMedia(WIDE);

  /** `address` answers with photos and sets (see `proofing/side_by_side.py`). */
  constructor(gallery, picks, address) {
    this.#picks = picks;
    this.#address = address;
    this.#isMirrored = getComputedStyle(gallery).direction === "rtl";
    this.#build();
    this.#zoom = new SharedZoom(this.#panes);
    this.#step = new StepBack("compare", { onBack: () => this.#dialog.close() });
    this.#listen();
  }

  /** Compare all favourites, or those of `uuids`. Rejects where they cannot be had. */
  async open(uuids = null, opener = document.activeElement) {
    if (this.#dialog.open) return;
    this.#opener = opener;
    await this.#picks.settled();
    const response = await fetch(this.#address, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(String(response.status));
    const answer = await response.json();
    if (this.#dialog.open) return;
    const wanted = (uuid) => (!uuids || uuids.includes(uuid)) && this.#picks.isFavourite(uuid);
    this.#photos = new Map(answer.photos.map((photo) => [photo.uuid, photo]));
    this.#order = new Order(answer.sets.map((set) => set.filter(wanted)), (uuid) =>
      this.#picks.isFavourite(uuid),
    );
    if (!this.#order.shown(1).length) this.#order.move(1, this.#amount);
    this.#removed = null;
    document.body.append(this.#dialog);
    this.#dialog.showModal();
    this.#step.take("");
    this.#turn(0);
  }

  get #amount() {
    return this.#wide.matches ? MOST : MOST_ON_PHONES;
  }

  // --- What it is made of -----------------------------------------------------------------------

  #build() {
    const button = (label, className, act, ...inside) => {
      const made = element("button", { type: "button", className }, ...inside);
      if (inside.length) made.setAttribute("aria-label", label);
      else made.textContent = label;
      made.addEventListener("click", act);
      return made;
    };
    const turn = (steps) => () => this.#turn(steps);
    this.#undo = button(words.putBack, "pumba-compare__put-back", () => this.#putBack());
    this.#zoomButton = button(words.zoom, "pumba-tool", () => this.#zoom.toggle(), icon("zoom"));
    const close = button(words.close, "pumba-tool", () => this.#dialog.close(), icon("close"));
    this.#ways = [
      button(words.before, "pumba-compare__way", turn(-1)),
      button(words.after, "pumba-compare__way", turn(1)),
    ];
    const title = element("h2", { id: "pumba-compare-title", textContent: words.compareTitle });
    this.#dialog = element(
      "dialog",
      { className: "pumba-compare", attributes: { "aria-labelledby": "pumba-compare-title" } },
      element("header", { className: "pumba-compare__head" }, title, this.#zoomButton, close),
      this.#panes,
      element(
        "footer",
        { className: "pumba-compare__foot" },
        this.#ways[0],
        element(
          "div",
          { className: "pumba-compare__words" },
          this.#tally,
          element("p", { attributes: { role: "status" } }, this.#undoWords, this.#undo),
        ),
        this.#ways[1],
      ),
    );
    this.#undo.hidden = true;
  }

  #listen() {
    this.#dialog.addEventListener("close", () => this.#onClose());
    this.#dialog.addEventListener("keydown", (event) => this.#onKey(event));
    this.#picks.addEventListener("change", () => this.#dialog.open && this.#draw());
    for (const type of ["trouble", "kept"]) {
      this.#picks.addEventListener(type, ({ detail }) => this.#say(detail.words));
    }
    this.#zoom.addEventListener("swipe", ({ detail }) => this.#turn(this.#across(detail.steps)));
    this.#zoom.addEventListener("change", () => {
      this.#zoomButton.setAttribute("aria-pressed", String(this.#zoom.isClose));
    });
    this.#wide.addEventListener("change", () => this.#dialog.open && this.#turn(0));
    window.addEventListener("resize", () => this.#dialog.open && this.#arrange());
  }

  /** Steps to the right are steps on, where one reads from left to right. */
  #across(steps) {
    return this.#isMirrored ? -steps : steps;
  }

  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const pane = this.#panes.children[Number(event.key) - 1];
    const act = pane
      ? () => pane.querySelector("button").click()
      : {
          ArrowLeft: () => this.#turn(this.#across(-1)),
          ArrowRight: () => this.#turn(this.#across(1)),
        }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  async #onClose() {
    await this.#step.leave();
    this.#dialog.remove();
    if (this.#opener?.isConnected) this.#opener.focus();
  }

  // --- What is shown ----------------------------------------------------------------------------

  /** Go on by so many steps; 0 draws anew what is there. */
  #turn(steps) {
    if (steps && !this.#order.move(steps, this.#amount)) return;
    this.#zoom.reset();
    this.#draw();
  }

  #draw() {
    const shown = this.#order.shown(this.#amount);
    if (shown.join() !== this.#shown.join() || !this.#panes.children.length) this.#hang(shown);
    if (!this.#timer) this.#tell();
    this.#ways[0].disabled = !this.#order.has(-1, this.#amount);
    this.#ways[1].disabled = !this.#order.has(1, this.#amount);
    if (this.#removed && this.#picks.isFavourite(this.#removed)) this.#forgetRemoved();
  }

  #tell() {
    const { count, hint } = this.#picks.words;
    this.#tally.textContent = [count, hint].filter(Boolean).join(" · ");
  }

  /** Words in place of the tally, for a while. */
  #say(said) {
    clearTimeout(this.#timer);
    this.#tally.textContent = said;
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.#tell();
    }, MESSAGE_MS);
  }

  #hang(shown) {
    this.#shown = shown;
    const there = new Map([...this.#panes.children].map((pane) => [pane.dataset.photo, pane]));
    const panes = shown.map((uuid) => there.get(uuid) ?? this.#pane(this.#photos.get(uuid)));
    this.#panes.replaceChildren(...panes);
    panes.forEach((pane, index) => {
      pane.querySelector(".pumba-compare__key").textContent = String(index + 1);
      pane.querySelector("button").setAttribute("aria-keyshortcuts", String(index + 1));
    });
    this.#arrange();
  }

  #pane(photo) {
    const { src, srcset, formats, width, height, alt } = slideOf(photo);
    const image = element("img", { alt, width, height, decoding: "async", draggable: false, srcset, src });
    const sources = formats.map((format) => element("source", format));
    const heart = element(
      "button",
      {
        type: "button",
        className: "pumba-tool",
        attributes: {
          "aria-pressed": "true",
          "aria-label": sentence(words.favouriteOf, { photo: alt }),
        },
      },
      icon("heart"),
    );
    heart.addEventListener("click", () => this.#takeOut(photo));
    return element(
      "li",
      { className: "pumba-compare__pane", attributes: { "data-photo": photo.uuid } },
      element("div", { className: "pumba-compare__frame" }, element("picture", {}, ...sources, image)),
      heart,
      element("span", { className: "pumba-compare__key", attributes: { "aria-hidden": "true" } }),
    );
  }

  #arrange() {
    const photos = this.#shown.map((uuid) => this.#photos.get(uuid).display);
    if (!photos.length) return;
    const shape = photos.reduce((sum, { width, height }) => sum + width / height, 0) / photos.length;
    const columns = bestColumns(photos.length, shape, this.#panes.getBoundingClientRect());
    this.#panes.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    this.#zoom.draw();
  }

  // --- Taking out and putting back --------------------------------------------------------------

  #takeOut(photo) {
    this.#removed = photo.uuid;
    this.#undoWords.textContent = sentence(words.takenOut, { photo: photo.alt });
    this.#undo.hidden = false;
    this.#picks.setFavourite(photo.uuid, false);
    if (!this.#order.shown(1).length) {
      if (!this.#order.move(1, this.#amount)) this.#order.move(-1, this.#amount);
      this.#turn(0);
    }
    // The button that was pressed has gone with its photo.
    this.#undo.focus();
  }

  #putBack() {
    const uuid = this.#removed;
    this.#picks.setFavourite(uuid, true);
    this.#forgetRemoved();
    const pane = [...this.#panes.children].find((one) => one.dataset.photo === uuid);
    (pane?.querySelector("button") ?? this.#zoomButton).focus();
  }

  #forgetRemoved() {
    this.#removed = null;
    this.#undoWords.textContent = "";
    this.#undo.hidden = true;
  }
}
