import { WallPlan } from "./wall_plan.js";
import { Feed } from "./wall_feed.js";
import { takeDown, TileMaker } from "./wall_tiles.js";

// A wall of no more tiles hangs as a whole, in the style sheet's own rows.
const WHOLE = 60;
// What is hung of a larger one: screens above and below the window, and tiles in all.
const AHEAD = 1.5;
const MOST = 80;
// How long the wall must rest before what is still unknown is asked for; a fling passes by much.
const REST_MS = 90;
const RETRY_MS = [1500, 5000, 15000];

const readJson = (root) =>
  JSON.parse(root?.querySelector("script[type='application/json']")?.textContent ?? "{}");

/**
 * The photographs under the present filter: all of them known by place and proportion, few of them
 * in the page.
 *
 * Fires "hung" (`detail.tiles`: tiles that have come into the page with their photo), "changed" when
 * count or order have become others, and "trouble" when the server cannot be asked.
 */
export class Wall extends EventTarget {
  #root;
  #plan;
  #maker = null;
  #feed = null;
  #photos = [];
  #films = [];
  #places = new Map();
  #hung = new Map();
  #version = "";
  #firstShow = "";
  #restTimer = 0;
  #failures = 0;
  #frame = 0;

  /** `firstIndex`: the place that the page begins with, which is not the first on a later page. */
  firstIndex = 0;

  constructor(gallery) {
    super();
    this.#root = gallery.querySelector(".pumba-wall");
    const data = readJson(this.#root);
    this.show = data.show ?? "";
    this.#firstShow = this.show;
    this.base = this.#root?.dataset.base ?? "";
    this.#plan = new WallPlan(this.#root);
    if (data.skeleton) {
      this.#maker = new TileMaker(this.#root.querySelector("template[data-pumba-tile]"));
      this.#feed = new Feed(`${this.base}photos/`, this.show);
    }
    this.#take(data);
    this.#adopt();
    this.firstIndex = data.start ?? 0;
  }

  // --- What others ask for ----------------------------------------------------------------------

  get count() {
    return this.#plan.count || this.#photos.length;
  }

  /** How many photos there are before a place, films left out. */
  photosBefore(place) {
    return place - this.#films.filter((film) => film < place).length;
  }

  /** The sections in their order: `uuid` (null for photos in none), `title`, `start` and `amount`. */
  get sections() {
    return this.#plan.sections;
  }

  /** What is known of a photo by its place on the wall; null while nothing is. */
  at(index) {
    return this.#photos[index] ?? null;
  }

  /** As `at`, from the server where it is not known yet. Rejects where the server cannot be asked. */
  async load(index) {
    if (!this.#photos[index] && this.#feed) this.#learn(await this.#feed.at(index));
    return this.at(index);
  }

  indexOf(uuid) {
    return this.#places.get(uuid) ?? -1;
  }

  /** The place of a photo, wherever it hangs; -1 if it does not. */
  async find(uuid) {
    const known = this.indexOf(uuid);
    return known >= 0 || !this.#feed ? known : this.#feed.placeOf(uuid);
  }

  /** The tile at a place, or null while it is not in the page. */
  tile(index) {
    return this.#hung.get(index) ?? null;
  }

  /** Bring a place into view, unless it is there already; its tile. */
  reveal(index) {
    if (index < 0 || index >= this.count) return null;
    if (this.#plan.isLaid) this.#hang(index, index + 1, { isMore: true });
    const tile = this.tile(index);
    if (!isInView(tile)) tile?.scrollIntoView({ block: "center", behavior: "instant" });
    this.#update();
    return tile;
  }

  /** The place on the row above (-1) or below (1) that is nearest to the one at `index`. */
  beside(index, rows) {
    return this.#plan.isLaid
      ? this.#plan.beside(index, rows)
      : nearestOnAnotherRow(this.#hung, index, rows);
  }

  // --- Where one is -----------------------------------------------------------------------------

  /** The first place in the window and how far below its upper edge it begins; null above the wall. */
  get anchor() {
    return this.#plan.isLaid ? this.#plan.anchor() : null;
  }

  /** Scroll so that a place is where it was. */
  returnTo({ index, offset }) {
    const top = this.#plan.topOf(Math.min(index, this.count - 1));
    window.scrollBy({ top: top - offset, behavior: "instant" });
    this.#update();
  }

  // --- Another wall -----------------------------------------------------------------------------

  /** Hang what another filter shows. Rejects where the server cannot be asked. */
  async turnTo(show) {
    const data = await this.#feed.whole(show);
    this.#feed.turnTo(show);
    this.show = show;
    this.#rehang(data);
  }

  /** Begin: lay out, hang what is near, and follow the window from now on. */
  start() {
    if (!this.#root) return;
    this.#arrange();
    if (!this.#feed) return;
    this.#root.addEventListener("focusout", () => this.#soon());
    document.addEventListener("scroll", () => this.#soon(), { capture: true, passive: true });
    window.addEventListener("resize", () => this.#soon());
    window.addEventListener("online", () => this.#ask());
    this.#plan.onResize(() => this.#arrange());
  }

  #soon() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#update();
    });
  }

  // --- Knowing ----------------------------------------------------------------------------------

  #take(data) {
    this.#version = data.version ?? "";
    this.#photos = [];
    this.#films = data.films ?? [];
    this.#places.clear();
    this.#plan.take(data.skeleton);
    this.#learn(data);
  }

  #learn({ version = "", photos = [] }) {
    if (version !== this.#version) {
      this.#renew();
      return;
    }
    photos.forEach((photo) => {
      const index = photo.number - 1;
      const folder = photo.film ? "videos" : "photo";
      if (this.base) photo.pageUrl = `${this.base}${folder}/${photo.uuid}/${this.#query}`;
      this.#photos[index] = photo;
      this.#places.set(photo.uuid, index);
    });
  }

  /** What the address of a photo's own page needs to stay with this wall. */
  get #query() {
    const query = new URLSearchParams(window.location.search);
    query.delete("page");
    if (this.show !== this.#firstShow) query.set("show", this.show);
    const text = query.toString();
    return text && `?${text}`;
  }

  /** The photographer has shown, hidden or moved something: the wall is another one. */
  async #renew() {
    this.#feed.forget();
    const { anchor } = this;
    const uuid = anchor && this.at(anchor.index)?.uuid;
    const data = await this.#feed.whole(this.show, anchor ? Feed.pageOf(anchor.index) : 1);
    this.#rehang(data);
    const index = uuid ? this.indexOf(uuid) : -1;
    if (anchor) this.returnTo({ ...anchor, index: index >= 0 ? index : anchor.index });
  }

  #rehang(data) {
    for (const tile of this.#hung.values()) takeDown(tile);
    this.#hung.clear();
    this.#take(data);
    this.#plan.setEmptyWords(data.empty);
    this.#arrange();
    this.dispatchEvent(new Event("changed"));
  }

  // --- Hanging ----------------------------------------------------------------------------------

  /** The tiles that the server has hung. */
  #adopt() {
    for (const tile of this.#root?.querySelectorAll(".pumba-tile") ?? []) {
      const index = this.indexOf(tile.dataset.photo);
      if (index >= 0) this.#hung.set(index, tile);
    }
  }

  #arrange() {
    if (!this.#feed) return;
    const { anchor } = this;
    this.#plan.arrange(this.count > WHOLE);
    for (const [index, tile] of this.#hung) this.#plan.place(tile, index);
    if (anchor) this.returnTo(anchor);
    this.#update();
  }

  #update() {
    if (!this.#feed) return;
    if (this.#plan.isLaid) this.#hang(...this.#plan.near(AHEAD, MOST));
    else this.#hang(0, this.count);
  }

  /** Hang these places and, unless `isMore`, take down the others. */
  #hang(from, to, { isMore = false } = {}) {
    if (!isMore) this.#takeDownBeyond(from, to);
    const isUnknown = [];
    const filled = [];
    for (let index = to - 1; index >= from; index -= 1) {
      const tile = this.#hung.get(index) ?? this.#hangOne(index);
      if (tile.dataset.photo) continue;
      if (this.#fill(tile, index)) filled.unshift(tile);
      else isUnknown.push(index);
    }
    if (filled.length) this.dispatchEvent(new CustomEvent("hung", { detail: { tiles: filled } }));
    if (isUnknown.length) this.#askSoon();
  }

  #takeDownBeyond(from, to) {
    for (const [index, tile] of this.#hung) {
      // What has the focus stays, or the keys would lead nowhere.
      if ((index >= from && index < to) || tile.contains(document.activeElement)) continue;
      this.#hung.delete(index);
      takeDown(tile);
    }
  }

  #hangOne(index) {
    const tile = this.#maker.empty();
    this.#plan.hang(tile, index, this.#next(index));
    this.#hung.set(index, tile);
    return tile;
  }

  /** The hung tile that follows a place most nearly, if it is in the same section. */
  #next(index) {
    const near = this.#hung.get(index + 1);
    if (near) return this.#plan.sectionOf(index + 1) === this.#plan.sectionOf(index) ? near : null;
    const later = [...this.#hung.keys()].filter((each) => each > index);
    const next = Math.min(...later);
    return Number.isFinite(next) && this.#plan.sectionOf(next) === this.#plan.sectionOf(index)
      ? this.#hung.get(next)
      : null;
  }

  #fill(tile, index) {
    const photo = this.at(index);
    if (!photo) return false;
    this.#maker.fill(tile, photo, this.#plan.widthOf(index));
    return true;
  }

  // --- Asking -----------------------------------------------------------------------------------

  #askSoon() {
    clearTimeout(this.#restTimer);
    this.#restTimer = setTimeout(() => this.#ask(), REST_MS);
  }

  async #ask() {
    const unknown = [...this.#hung.keys()].filter((index) => !this.at(index));
    const pages = new Map(unknown.map((index) => [Feed.pageOf(index), index]));
    try {
      await Promise.all([...pages.values()].map((index) => this.#loadAndHang(index)));
      this.#failures = 0;
    } catch (error) {
      if (error.name !== "AbortError") this.#complain(unknown[0]);
    }
  }

  async #loadAndHang(index) {
    await this.load(index);
    this.#update();
  }

  #complain(index) {
    const wait = RETRY_MS[this.#failures];
    this.#failures += 1;
    if (wait) setTimeout(() => this.#ask(), wait);
    if (this.#failures === 2) {
      const page = Feed.pageOf(index);
      this.dispatchEvent(new CustomEvent("trouble", { detail: { page } }));
    }
  }
}

const isInView = (tile) => {
  if (!tile) return false;
  const { top, bottom } = tile.getBoundingClientRect();
  return top >= 0 && bottom <= window.innerHeight;
};

/** Among tiles that the style sheet has set in rows. */
const nearestOnAnotherRow = (hung, index, rows) => {
  const here = hung.get(index)?.getBoundingClientRect();
  if (!here) return -1;
  const middle = (box) => (box.left + box.right) / 2;
  let best = { index: -1, distance: Infinity };
  for (const [other, tile] of hung) {
    const box = tile.getBoundingClientRect();
    const down = (box.top - here.top) * rows;
    if (down < 1) continue;
    const distance = down * 1000 + Math.abs(middle(box) - middle(here));
    if (distance < best.distance) best = { index: other, distance };
  }
  return best.index;
};
