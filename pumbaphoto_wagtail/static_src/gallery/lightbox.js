import PhotoSwipe from "photoswipe";

import { drawFilms, filmSlide } from "./film.js";
import { keysOf } from "./lightbox_keys.js";
import { Rest } from "./lightbox_rest.js";
import { drawSlides, emptySlide, slideOf } from "./lightbox_slides.js";
import { Tools } from "./lightbox_tools.js";
import { NoteSheet } from "./notes.js";
import { addSlideshowButton, Slideshow } from "./slideshow.js";
import { StepBack } from "./step_back.js";
import { words } from "./words.js";

const TILE_LINK = ".pumba-tile__link";
const PHONE_PX = 768;
const TOOLS_PX = 64;
const GROWING_MS = 180;
// Safari allows no more than a hundred changes of the address in half a minute.
const ADDRESS_AFTER_MS = 350;
// Further apart, and a tile shows only a part of its photo.
const SAME_SHAPE = 0.03;

const wantsStillness = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

/**
 * One photo at a time, over all that the wall holds.
 *
 * PhotoSwipe's places run from left to right whatever the language; where one reads from right to
 * left the wall's first photo is its last, so that everything that moves is mirrored.
 */
export class Lightbox {
  #gallery;
  #wall;
  #picks;
  #sheet;
  #pswp = null;
  #tools = null;
  #rest = null;
  #slideshow = null;
  #step;
  #opener = null;
  #isMirrored;
  #failed = new Set();
  #addressTimer = 0;
  #background = [];

  constructor(gallery, wall, picks) {
    this.#gallery = gallery;
    this.#wall = wall;
    this.#picks = picks;
    this.#sheet = picks ? new NoteSheet(picks) : null;
    this.#isMirrored = getComputedStyle(gallery).direction === "rtl";
    this.#step = new StepBack("photo", {
      onBack: () => this.#shut(),
      onForward: (photo) => this.openPhoto(photo),
    });
    gallery.addEventListener("click", (event) => this.#onClick(event));
    wall.addEventListener("changed", () => this.#onWallChanged());
    window.addEventListener("online", () => this.#tryAgain());
    this.#offerSlideshow();
  }

  #offerSlideshow() {
    for (const start of this.#gallery.querySelectorAll("[data-pumba-slideshow]")) {
      const draw = () => (start.hidden = this.#wall.count < 2);
      start.addEventListener("click", () => this.open(0, { isPlaying: true, opener: start }));
      this.#wall.addEventListener("changed", draw);
      draw();
    }
  }

  // --- What is shown ----------------------------------------------------------------------------

  get details() {
    return this.#pswp?.currSlide?.data.details ?? null;
  }

  get photo() {
    return this.details?.uuid ?? null;
  }

  /** Whether a heart may be given to what is shown; finished photos are there to be had. */
  get mayPick() {
    const isPhoto = Boolean(this.photo) && !this.details.film;
    return Boolean(this.#picks) && isPhoto && this.#wall.show !== "ready";
  }

  get position() {
    return { number: this.#place + 1, count: this.#wall.count };
  }

  get isPlaying() {
    return Boolean(this.#slideshow?.isPlaying);
  }

  get isWriting() {
    return Boolean(this.#sheet?.isOpen);
  }

  // --- Acts -------------------------------------------------------------------------------------

  /** Open at a place of the wall, from 0; `opener` gets the focus back where there is no tile. */
  open(place, { isPlaying = false, isInstant = false, opener = null } = {}) {
    if (this.#pswp || place < 0 || place >= this.#wall.count) return;
    this.#opener = opener;
    const pswp = new PhotoSwipe(this.#options(this.#mirror(place), isInstant || wantsStillness()));
    this.#pswp = pswp;
    this.#tools = new Tools(this, this.#picks);
    this.#slideshow = new Slideshow(this, pswp);
    this.#connect(pswp);
    pswp.init();
    this.#name(pswp.element);
    this.#hideBackground(pswp.element);
    this.#rest = new Rest(pswp.element);
    this.#step.take(this.photo ?? "", this.#address());
    if (isPlaying) this.#slideshow.play();
  }

  /** Open at a photo, wherever on the wall it hangs. */
  async openPhoto(uuid, options = {}) {
    if (!uuid) return;
    const known = this.#wall.indexOf(uuid);
    const place = known >= 0 ? known : await this.#wall.find(uuid);
    if (place === null || place === undefined || place < 0) return;
    await this.#wall.load(place).catch(() => null);
    this.open(place, options);
  }

  toggleHeart() {
    if (this.mayPick) this.#picks.setFavourite(this.photo, !this.#picks.isFavourite(this.photo));
  }

  writeNote() {
    if (!this.mayPick) return;
    this.#slideshow.pause();
    this.#sheet.open(this.photo, this.#pswp.element);
  }

  toggleSlideshow() {
    this.#slideshow.toggle();
  }

  /** Go to a place of the wall; beyond its ends nothing happens. */
  go(place) {
    if (place >= 0 && place < this.#wall.count) this.#pswp.goTo(this.#mirror(place));
  }

  /** Go on by so many photos. */
  move(steps) {
    this.go(this.#place + steps);
  }

  /** How far what comes after so many photos is: "ready", "loading", "broken", "film" or "none". */
  stateOf(steps) {
    const place = this.#place + steps;
    if (place < 0 || place >= this.#wall.count) return "none";
    if (this.#wall.at(place)?.film) return "film";
    if (this.#failed.has(place)) return "broken";
    const content = this.#pswp.contentLoader.getContentByIndex(this.#mirror(place));
    return { loaded: "ready", error: "broken" }[content?.state] ?? "loading";
  }

  tell(said) {
    this.#tools.tell(said);
  }

  say(said) {
    this.#tools.say(said);
  }

  wake() {
    this.#rest?.wake();
  }

  // --- PhotoSwipe -------------------------------------------------------------------------------

  #options(index, isStill) {
    const duration = isStill ? 0 : GROWING_MS;
    return {
      index,
      loop: false,
      bgOpacity: 1,
      preload: [1, 2],
      returnFocus: false,
      showAnimationDuration: duration,
      hideAnimationDuration: duration,
      zoomAnimationDuration: duration,
      showHideAnimationType: duration ? "zoom" : "none",
      imageClickAction: "zoom",
      tapAction: () => this.#rest.toggle(),
      paddingFn: ({ x }) => ({
        top: 0,
        bottom: this.#picks && x < PHONE_PX ? TOOLS_PX : 0,
        left: 0,
        right: 0,
      }),
      closeTitle: words.close,
      zoomTitle: words.zoom,
      arrowPrevTitle: this.#isMirrored ? words.next : words.previous,
      arrowNextTitle: this.#isMirrored ? words.previous : words.next,
      errorMsg: words.unreachable,
    };
  }

  #connect(pswp) {
    drawSlides(pswp);
    drawFilms(pswp);
    pswp.addFilter("numItems", () => this.#wall.count);
    pswp.addFilter("itemData", (_none, index) => this.#slide(this.#mirror(index)));
    pswp.addFilter("thumbEl", (_none, { details }) => this.#picture(details?.uuid));
    pswp.on("uiRegister", () => {
      addSlideshowButton(pswp, this.#slideshow);
      this.#tools.register(pswp);
    });
    pswp.on("keydown", keysOf(this));
    pswp.on("change", () => this.#onMoved());
    pswp.on("pointerDown", () => this.#slideshow.pause());
    pswp.on("close", () => this.#onClose());
    pswp.on("destroy", () => this.#afterClose());
  }

  /** The wall's place of a PhotoSwipe's index, and the other way round. */
  #mirror(index) {
    return this.#isMirrored ? this.#wall.count - 1 - index : index;
  }

  get #place() {
    return this.#mirror(this.#pswp.currIndex);
  }

  #slide(place) {
    if (place < 0 || place >= this.#wall.count) return {};
    const details = this.#wall.at(place);
    if (!details) {
      this.#fetch(place);
      return emptySlide(this.#failed.has(place));
    }
    if (details.film) return filmSlide(details);
    const picture = this.#picture(details.uuid);
    const slide = slideOf(details);
    slide.hung = picture?.complete ? picture.currentSrc : "";
    slide.thumbCropped = Boolean(picture) && isCropped(picture, details.view);
    return slide;
  }

  #picture(uuid) {
    const place = uuid ? this.#wall.indexOf(uuid) : -1;
    return (place >= 0 && this.#wall.tile(place)?.querySelector("img")) || undefined;
  }

  async #fetch(place) {
    if (this.#failed.has(place)) return;
    const pswp = this.#pswp;
    try {
      // Nothing comes of it where the wall has become another one meanwhile, which tells us.
      if (!(await this.#wall.load(place))) return;
    } catch {
      this.#failed.add(place);
    }
    if (this.#pswp === pswp) pswp.refreshSlideContent(this.#mirror(place));
  }

  /** The network is back: what did not arrive is asked for again. */
  #tryAgain() {
    this.#failed.clear();
    if (!this.#pswp) return;
    const { currIndex, contentLoader } = this.#pswp;
    for (const index of [currIndex - 1, currIndex, currIndex + 1]) {
      const content = contentLoader.getContentByIndex(index);
      if (content?.isError() || content?.type === "empty") this.#pswp.refreshSlideContent(index);
    }
  }

  #onMoved() {
    if (!this.#pswp.element?.isConnected) return;
    this.#tools.draw();
    this.#slideshow.onMoved();
    clearTimeout(this.#addressTimer);
    if (!this.photo) return;
    this.#addressTimer = setTimeout(() => this.#step.take(this.photo, this.#address()), ADDRESS_AFTER_MS);
  }

  #address() {
    return this.details?.pageUrl || window.location.href;
  }

  /** Photos came or went: the one that is shown stays, in its new place. */
  async #onWallChanged() {
    const [pswp, photo] = [this.#pswp, this.photo];
    if (!pswp) return;
    this.#failed.clear();
    const last = Math.min(this.#place, this.#wall.count - 1);
    const place = photo ? await this.#wall.find(photo).catch(() => -1) : last;
    if (place >= 0) await this.#wall.load(place).catch(() => null);
    if (this.#pswp !== pswp || this.photo !== photo) return;
    if (place < 0) {
      this.#shut();
      return;
    }
    const index = this.#mirror(place);
    pswp.contentLoader.destroy();
    pswp.currIndex = pswp.potentialIndex = pswp.currSlide.index = index;
    for (const near of [index - 1, index, index + 1]) pswp.refreshSlideContent(near);
  }

  // --- Opening and closing ----------------------------------------------------------------------

  #onClick(event) {
    const link = event.target.closest(TILE_LINK);
    // A click with a modifier opens the photo's own page in a tab of its own, as everywhere.
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    this.openPhoto(link.closest("[data-photo]").dataset.photo);
  }

  #name(dialog) {
    dialog.setAttribute("aria-modal", "true");
    dialog.setAttribute("aria-label", words.lightbox);
    // PhotoSwipe's own are English, and name what it is made of rather than what it is.
    for (const part of dialog.querySelectorAll("[aria-roledescription]")) {
      part.removeAttribute("aria-roledescription");
    }
    this.#tools.draw();
  }

  #hideBackground(dialog) {
    this.#background = [...document.body.children].filter((part) => part !== dialog && !part.inert);
    for (const part of this.#background) part.inert = true;
  }

  #shut() {
    const pswp = this.#pswp;
    const sheet = pswp?.element?.querySelector("dialog[open]");
    if (sheet) {
      // One step back puts the note away; the next one the photo.
      sheet.close();
      this.#step.take(this.photo, this.#address());
      return;
    }
    // Until it has grown to its place, a PhotoSwipe does not hear that it should close.
    if (pswp?.opener.isOpen) pswp.close();
    else pswp?.on("openingAnimationEnd", () => setTimeout(() => pswp.close()));
  }

  #onClose() {
    this.#slideshow.end();
    clearTimeout(this.#addressTimer);
    // The photo shrinks to its tile, if that is there.
    if (this.photo) this.#wall.reveal(this.#place);
  }

  async #afterClose() {
    const [place, photo, opener] = [this.#place, this.photo, this.#opener];
    this.#pswp = null;
    this.#tools.end();
    this.#rest.end();
    for (const part of this.#background) part.inert = false;
    await this.#step.leave();
    if (photo) await this.#wall.load(place).catch(() => null);
    const tile = photo ? this.#wall.reveal(place) : null;
    (tile?.querySelector(TILE_LINK) ?? opener)?.focus({ preventScroll: true });
  }
}

const isCropped = (picture, { width, height }) => {
  const shape = picture.clientWidth / (picture.clientHeight || 1);
  return Math.abs(shape / (width / height) - 1) > SAME_SHAPE;
};
