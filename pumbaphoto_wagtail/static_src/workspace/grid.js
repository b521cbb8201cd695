// The grid of a gallery's photos: all of them known by their place, few of them in the page.

import { Feed } from "../gallery/wall_feed.js";
import { takeDown } from "../gallery/wall_tiles.js";
import { CellMaker } from "./grid_cells.js";
import { GridPlan } from "./grid_plan.js";

// Screens above and below the window that are made, and cells in all.
const AHEAD = 0.5;
const MOST = 110;
// How long it must rest before what is unknown is asked for; a fling passes by much.
const REST_MS = 90;
const RETRY_MS = [1500, 5000, 15000, 60000];

/**
 * Fires "turned" when the photos have become others (`detail.isOther`: others were asked for),
 * "moved" when another photo has the focus, and "trouble" when the server cannot be asked.
 */
export class Grid extends EventTarget {
  #root;
  #plan;
  #maker;
  #choice;
  #feed = null;
  #address;
  #version = "";
  #photos = new Map();
  #places = new Map();
  #cells = new Map();
  #restTimer = 0;
  // Pages that were answered: what is not known by then is not there.
  #answered = new Set();
  #failures = 0;
  #frame = 0;
  keys = [];
  // The place that Tab leads to.
  current = 0;

  constructor(section, data, choice) {
    super();
    this.#root = section.querySelector("[data-pumba-cells]");
    this.#plan = new GridPlan(this.#root);
    this.#maker = new CellMaker(section);
    this.#choice = choice;
    this.#address = data.feed;
    this.#root.hidden = false;
    this.#begin();
    this.#take(data, { isOther: true });
    this.#follow();
  }

  get root() {
    return this.#root;
  }

  get count() {
    return this.keys.length;
  }

  indexOf(key) {
    return this.#places.get(key) ?? -1;
  }

  beside(index, rows) {
    return this.#plan.beside(index, rows);
  }

  /** How many rows of the grid the window shows. */
  get rowsInWindow() {
    const step = this.count > this.#plan.columns
      ? this.#plan.topOf(this.#plan.columns) - this.#plan.topOf(0)
      : window.innerHeight;
    return Math.max(1, Math.floor(window.innerHeight / step) - 1);
  }

  /** The uuid of a photo, if it is known already. */
  uuidOf(key) {
    return this.#photos.get(this.indexOf(key))?.uuid ?? "";
  }

  // --- What is shown ----------------------------------------------------------------------------

  /** Show what the page's address asks for now. Rejects where the server cannot be asked. */
  async turn() {
    this.#begin();
    this.#take(await this.#feed.whole(), { isOther: true });
  }

  /** Something has changed: the same photos once more, at the same place. */
  async renew() {
    const anchor = this.#plan.anchor();
    const key = anchor && this.keys[anchor.index];
    this.#feed.forget();
    const data = await this.#feed.whole(undefined, anchor ? Feed.pageOf(anchor.index) : 1);
    this.#take(data, { isOther: false });
    const index = this.indexOf(key);
    if (anchor) this.#returnTo({ ...anchor, index: index < 0 ? anchor.index : index });
    return data;
  }

  #begin() {
    this.#feed?.forget();
    const query = Object.fromEntries(new URLSearchParams(window.location.search));
    const { show = "all", section = "", q = "", sort = "gallery" } = query;
    this.#feed = new Feed(this.#address, show, { section, q, sort });
  }

  #take(data, { isOther }) {
    const hasFocus = !isOther && this.#root.contains(document.activeElement);
    const focused = hasFocus ? this.keys[this.current] : null;
    for (const cell of this.#cells.values()) takeDown(cell);
    this.#cells.clear();
    this.#photos.clear();
    this.#answered.clear();
    let key = 0;
    this.keys = data.steps.map((step) => (key += step));
    this.#places = new Map(this.keys.map((each, index) => [each, index]));
    this.#version = data.version;
    this.#learn(data);
    this.#plan.take(data.sections);
    const last = Math.max(0, this.count - 1);
    const place = focused === null ? -1 : this.indexOf(focused);
    this.current = isOther ? 0 : Math.min(place < 0 ? this.current : place, last);
    this.#root.hidden = !this.count;
    this.#choice.show(this.keys, { isOther });
    this.arrange();
    if (focused !== null && this.count) this.focus(this.current);
    this.dispatchEvent(new CustomEvent("turned", { detail: { isOther } }));
  }

  #learn({ version, start, tiles }) {
    if (version !== this.#version) {
      this.dispatchEvent(new Event("stale"));
      return;
    }
    tiles.forEach((photo, at) => this.#photos.set(start + at, photo));
  }

  // --- Where it is ------------------------------------------------------------------------------

  arrange() {
    const anchor = this.#plan.anchor();
    this.#plan.arrange();
    for (const [index, cell] of this.#cells) {
      this.#plan.place(cell, index);
      const image = cell.querySelector("img[srcset]");
      if (image) image.sizes = `${Math.ceil(this.#plan.side)}px`;
    }
    if (anchor && anchor.index < this.count) this.#returnTo(anchor);
    this.#update();
  }

  #returnTo({ index, offset }) {
    const place = Math.min(index, this.count - 1);
    if (place < 0) return;
    this.#scroller.scrollBy({ top: this.#plan.topOf(place) - offset, behavior: "instant" });
    this.#update();
  }

  get #scroller() {
    for (let element = this.#root.parentElement; element; element = element.parentElement) {
      const { overflowY } = getComputedStyle(element);
      if (/auto|scroll/.test(overflowY) && element.scrollHeight > element.clientHeight) return element;
    }
    return document.scrollingElement;
  }

  /** Bring a place into the window; its cell. */
  reveal(index, block = "nearest") {
    if (index < 0 || index >= this.count) return null;
    const cell = this.#cells.get(index) ?? this.#hangOne(index);
    cell.scrollIntoView({ block, behavior: "instant" });
    this.#update();
    return cell;
  }

  /** Give the focus to a place, and let Tab come back to it. What was clicked stays where it is. */
  focus(index, { reveals = true } = {}) {
    const before = this.#cells.get(this.current);
    this.current = index;
    before?.setAttribute("tabindex", "-1");
    const cell = reveals ? this.reveal(index) : this.#cells.get(index);
    cell?.setAttribute("tabindex", "0");
    cell?.focus({ preventScroll: true });
  }

  // --- Cells ------------------------------------------------------------------------------------

  #follow() {
    document.addEventListener("scroll", () => this.#soon(), { capture: true, passive: true });
    window.addEventListener("resize", () => this.#soon());
    window.addEventListener("online", () => this.#ask());
    this.#plan.onResize(() => this.arrange());
    this.#choice.addEventListener("change", () => this.#mark());
  }

  #soon() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#update();
    });
  }

  #update() {
    const [from, to] = this.#plan.near(AHEAD, MOST);
    this.#takeDownBeyond(from, to);
    let isUnknown = false;
    for (let index = from; index < to; index += 1) {
      const cell = this.#cells.get(index) ?? this.#hangOne(index);
      isUnknown ||= !cell.dataset.uuid && !this.#fill(cell, index);
    }
    if (isUnknown) this.#askSoon();
  }

  #takeDownBeyond(from, to) {
    for (const [index, cell] of this.#cells) {
      // What has the focus stays, or the keys would lead nowhere; so does where Tab leads to.
      if ((index >= from && index < to) || index === this.current) continue;
      this.#cells.delete(index);
      takeDown(cell);
    }
  }

  #hangOne(index) {
    const key = this.keys[index];
    const cell = this.#maker.empty(key, index, this.count);
    cell.setAttribute("aria-selected", this.#choice.has(key));
    if (index === this.current) cell.setAttribute("tabindex", "0");
    this.#plan.place(cell, index);
    this.#root.insertBefore(cell, this.#next(index));
    this.#cells.set(index, cell);
    this.#fill(cell, index);
    return cell;
  }

  /** The cell before which a place belongs, so that assistive technology meets them in order. */
  #next(index) {
    const near = this.#cells.get(index + 1);
    if (near) return near;
    let found = null;
    for (const each of this.#cells.keys()) {
      if (each > index && (found === null || each < found)) found = each;
    }
    return found === null ? null : this.#cells.get(found);
  }

  #fill(cell, index) {
    const photo = this.#photos.get(index);
    if (!photo || cell.dataset.uuid) return Boolean(photo);
    this.#maker.fill(cell, photo, this.#plan.side);
    return true;
  }

  #mark() {
    for (const [index, cell] of this.#cells) {
      cell.setAttribute("aria-selected", this.#choice.has(this.keys[index]));
    }
  }

  // --- Asking -----------------------------------------------------------------------------------

  #askSoon() {
    clearTimeout(this.#restTimer);
    this.#restTimer = setTimeout(() => this.#ask(), REST_MS);
  }

  async #ask() {
    const pages = new Map();
    for (const index of this.#cells.keys()) {
      const page = Feed.pageOf(index);
      if (!this.#photos.has(index) && !this.#answered.has(page)) pages.set(page, index);
    }
    const feed = this.#feed;
    try {
      await Promise.all([...pages.values()].map(async (index) => {
        const page = await feed.at(index);
        if (feed !== this.#feed) return;
        this.#answered.add(Feed.pageOf(index));
        this.#learn(page);
        this.#soon();
      }));
      this.#failures = 0;
    } catch (error) {
      if (error.name !== "AbortError") this.#complain();
    }
  }

  #complain() {
    const wait = RETRY_MS[Math.min(this.#failures, RETRY_MS.length - 1)];
    this.#failures += 1;
    setTimeout(() => this.#ask(), wait);
    if (this.#failures === 2) this.dispatchEvent(new Event("trouble"));
  }
}
