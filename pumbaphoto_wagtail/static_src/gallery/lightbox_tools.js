import { element, icon } from "./elements.js";
import { openSheet } from "./sheets.js";
import { sentence, words } from "./words.js";

const MESSAGE_MS = 6000;

const button = (label, drawing, key, act) => {
  const made = element(
    "button",
    {
      type: "button",
      className: "pumba-tool",
      attributes: { "aria-label": label, "aria-keyshortcuts": key },
    },
    icon(drawing),
  );
  made.addEventListener("click", act);
  return made;
};

/** The lightbox's own tools: number, heart, note, download, and what is said about them. */
export class Tools {
  #lightbox;
  #picks;
  #heart = null;
  #note = null;
  #download = null;
  #ask = null;
  #message = element("p", { className: "pumba-tools__message", attributes: { role: "status" } });
  #voice = element("p", { className: "pumba-unseen", attributes: { "aria-live": "polite" } });
  #timer = 0;
  #told = null;
  #wasFavourite = false;
  #onChange = ({ detail }) => this.#onPick(detail.photo);
  // A note that is open says so itself.
  #onWords = ({ detail }) => this.#lightbox.isWriting || this.say(detail.words);

  constructor(lightbox, picks) {
    this.#lightbox = lightbox;
    this.#picks = picks;
    picks?.addEventListener("change", this.#onChange);
    picks?.addEventListener("trouble", this.#onWords);
    picks?.addEventListener("kept", this.#onWords);
  }

  register(pswp) {
    pswp.ui.registerElement({
      name: "pumba-tools",
      className: "pumba-tools",
      appendTo: "root",
      onInit: (tools) => this.#fill(tools, pswp),
    });
    pswp.addFilter("uiElement", (made, { name }) => (name === "counter" ? this.#counter(pswp) : made));
  }

  end() {
    clearTimeout(this.#timer);
    this.#picks?.removeEventListener("change", this.#onChange);
    this.#picks?.removeEventListener("trouble", this.#onWords);
    this.#picks?.removeEventListener("kept", this.#onWords);
  }

  /** Another photo is shown. */
  draw() {
    this.#drawPicks();
    this.#drawDownload();
    this.#tellPhoto();
  }

  /** Words that everybody sees and hears for a while. */
  say(said) {
    clearTimeout(this.#timer);
    this.#message.textContent = said;
    this.#timer = setTimeout(() => (this.#message.textContent = ""), MESSAGE_MS);
  }

  /** Words for who does not see the screen. */
  tell(said) {
    this.#voice.textContent = said;
  }

  #fill(tools, pswp) {
    this.#ask = element("a", { className: "pumba-tool" }, icon("note"));
    this.#ask.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      openSheet(this.#ask.href, pswp.element);
    });
    this.#download = element(
      "a",
      { className: "pumba-tool", attributes: { download: "" } },
      icon("download"),
    );
    if (this.#picks) {
      this.#heart = button(words.favourite, "heart", "F", () => this.#lightbox.toggleHeart());
      this.#note = button(words.note, "note", "N", () => this.#lightbox.writeNote());
      tools.append(this.#heart, this.#note);
    }
    tools.append(this.#ask, this.#download, this.#message, this.#voice);
  }

  #counter(pswp) {
    const counter = element("div", { className: "pswp__counter", dir: "auto" });
    pswp.on("change", () => {
      counter.textContent = sentence(words.position, this.#lightbox.position);
    });
    return counter;
  }

  #drawPicks() {
    if (!this.#picks) return;
    const { photo, mayPick } = this.#lightbox;
    this.#heart.hidden = this.#note.hidden = !mayPick;
    this.#heart.setAttribute("aria-pressed", String(this.#picks.isFavourite(photo)));
    const hasNote = Boolean(this.#picks.note(photo));
    this.#note.classList.toggle("pumba-tool--noted", hasNote);
    this.#note.setAttribute("aria-label", hasNote ? words.noteThere : words.note);
  }

  #drawDownload() {
    const { details } = this.#lightbox;
    this.#ask.hidden = !details?.ask;
    if (details?.ask) {
      this.#ask.href = details.ask;
      this.#ask.setAttribute("aria-label", sentence(words.ask, details));
    }
    const address = details?.download || details?.web;
    this.#download.hidden = !address;
    if (!address) return;
    this.#download.href = address;
    this.#download.setAttribute("aria-label", sentence(words.download, details));
  }

  #onPick(photo) {
    this.#drawPicks();
    const isFavourite = this.#picks.isFavourite(this.#lightbox.photo);
    if (photo !== this.#lightbox.photo || isFavourite === this.#wasFavourite) return;
    this.#wasFavourite = isFavourite;
    this.tell(isFavourite ? words.isFavourite : words.isNoFavourite);
  }

  #tellPhoto() {
    const { photo, mayPick, position, isPlaying } = this.#lightbox;
    if (!photo || photo === this.#told) return;
    this.#told = photo;
    this.#wasFavourite = mayPick && this.#picks.isFavourite(photo);
    // A slideshow would never stop talking.
    if (isPlaying) return;
    const isFilm = Boolean(this.#lightbox.details.film);
    const place = sentence(isFilm ? words.filmPosition : words.photoPosition, position);
    this.tell(this.#wasFavourite ? `${place}. ${words.isFavourite}` : place);
  }
}
