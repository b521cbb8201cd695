import PhotoSwipe from "photoswipe";

import { element, icon } from "./elements.js";
import { NoteSheet } from "./notes.js";
import { words } from "./words.js";

const IDLE_MS = 3000;
const AWAKENING = ["pointermove", "pointerdown", "keydown", "focusin"];
const TILE_LINK = ".pumba-tile__link";

/** One photo at a time, swiped or by keys: arrows, F for the heart, N for a note, Esc. */
export class Lightbox {
  #gallery;
  #picks;
  #sheet;
  #pswp = null;

  constructor(gallery, picks) {
    this.#gallery = gallery;
    this.#picks = picks;
    this.#sheet = picks ? new NoteSheet(picks) : null;
    gallery.addEventListener("click", (event) => this.#onClick(event));
    window.addEventListener("popstate", () => this.#pswp?.close());
  }

  /** More tiles have been hung. */
  refresh() {
    if (!this.#pswp) return;
    this.#pswp.options.dataSource = this.#slides();
    this.#pswp.refreshSlideContent(this.#pswp.currIndex + 1);
    this.#pswp.dispatch("change");
  }

  get #links() {
    return [...this.#gallery.querySelectorAll(TILE_LINK)];
  }

  #slides() {
    return this.#links.map((link) => {
      const { view, viewWidth, width, height } = link.dataset;
      return {
        src: link.href,
        srcset: `${view} ${viewWidth}w, ${link.href} ${width}w`,
        msrc: view,
        width: Number(width),
        height: Number(height),
        alt: link.querySelector("img").alt,
        element: link,
      };
    });
  }

  #onClick(event) {
    const link = event.target.closest(TILE_LINK);
    // A click with a modifier opens the picture in a tab of its own, as everywhere.
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    this.#open(this.#links.indexOf(link));
  }

  #open(index) {
    const isStill = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const pswp = new PhotoSwipe({
      dataSource: this.#slides(),
      index,
      loop: false,
      bgOpacity: 1,
      preload: [1, 2],
      showAnimationDuration: isStill ? 0 : 180,
      hideAnimationDuration: isStill ? 0 : 180,
      showHideAnimationType: isStill ? "none" : "zoom",
      paddingFn: ({ x }) => ({ top: 0, bottom: this.#picks && x < 768 ? 64 : 0, left: 0, right: 0 }),
      closeTitle: words.close,
      zoomTitle: words.zoom,
      arrowPrevTitle: words.previous,
      arrowNextTitle: words.next,
      errorMsg: "",
    });
    this.#pswp = pswp;
    // The small picture at once, until the large one is there; PhotoSwipe does so for the first only.
    pswp.addFilter("placeholderSrc", (_source, content) => content.data.msrc);
    pswp.addFilter("thumbEl", (_found, data) => data.element?.querySelector("img"));
    pswp.on("uiRegister", () => this.#addTools(pswp));
    pswp.on("keydown", (event) => this.#onKey(pswp, event));
    pswp.on("destroy", () => this.#afterClose(pswp));
    pswp.init();
    this.#rest(pswp);
    // The back button closes the picture, not the gallery.
    window.history.pushState({ pumba: true }, "");
  }

  #afterClose(pswp) {
    const link = pswp.currSlide?.data.element;
    this.#pswp = null;
    if (window.history.state?.pumba) window.history.back();
    link?.scrollIntoView({ block: "nearest" });
    link?.focus({ preventScroll: true });
  }

  #photo(pswp) {
    return pswp.currSlide.data.element.closest("[data-photo]").dataset.photo;
  }

  #onKey(pswp, event) {
    const { originalEvent } = event;
    if (!this.#picks || originalEvent.ctrlKey || originalEvent.metaKey || originalEvent.altKey) return;
    const act = { f: () => this.#toggle(pswp), n: () => this.#write(pswp) }[
      originalEvent.key.toLowerCase()
    ];
    if (!act) return;
    event.preventDefault();
    originalEvent.preventDefault();
    act();
  }

  #toggle(pswp) {
    const photo = this.#photo(pswp);
    this.#picks.setFavourite(photo, !this.#picks.isFavourite(photo));
  }

  #write(pswp) {
    this.#sheet.open(this.#photo(pswp), pswp.element);
  }

  #addTools(pswp) {
    pswp.ui.registerElement({
      name: "pumba-tools",
      className: "pumba-tools",
      appendTo: "root",
      onInit: (tools) => {
        if (this.#picks) this.#addPickTools(pswp, tools);
        else this.#addDownload(pswp, tools);
      },
    });
  }

  #addPickTools(pswp, tools) {
    const heart = this.#tool(words.favourite, "heart", () => this.#toggle(pswp));
    const note = this.#tool(words.note, "note", () => this.#write(pswp));
    heart.setAttribute("aria-keyshortcuts", "F");
    note.setAttribute("aria-keyshortcuts", "N");
    tools.append(heart, note);
    const draw = () => {
      if (!pswp.currSlide) return;
      const photo = this.#photo(pswp);
      heart.setAttribute("aria-pressed", String(this.#picks.isFavourite(photo)));
      note.classList.toggle("pumba-tool--noted", Boolean(this.#picks.note(photo)));
    };
    pswp.on("change", draw);
    this.#picks.addEventListener("change", draw);
    pswp.on("destroy", () => this.#picks.removeEventListener("change", draw));
  }

  #addDownload(pswp, tools) {
    const link = element(
      "a",
      { className: "pumba-tool", attributes: { download: "" } },
      icon("download"),
    );
    tools.append(link);
    pswp.on("change", () => {
      const tile = pswp.currSlide.data.element.closest("[data-photo]");
      const source = tile.querySelector(".pumba-tile__download");
      link.hidden = !source;
      link.classList.toggle("pumba-tool--gone", !source);
      if (!source) return;
      link.href = source.href;
      link.setAttribute("aria-label", source.getAttribute("aria-label"));
    });
  }

  #tool(label, drawing, act) {
    const button = element(
      "button",
      { type: "button", className: "pumba-tool", attributes: { "aria-label": label } },
      icon(drawing),
    );
    button.addEventListener("click", act);
    return button;
  }

  /** After a while without a touch only the photograph is left. */
  #rest(pswp) {
    let timer = 0;
    const wake = () => {
      clearTimeout(timer);
      pswp.element?.classList.remove("pumba-idle");
      timer = setTimeout(() => pswp.element?.classList.add("pumba-idle"), IDLE_MS);
    };
    AWAKENING.forEach((type) => document.addEventListener(type, wake));
    pswp.on("destroy", () => {
      clearTimeout(timer);
      AWAKENING.forEach((type) => document.removeEventListener(type, wake));
    });
    wake();
  }
}
