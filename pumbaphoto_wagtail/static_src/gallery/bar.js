const TROUBLE_MS = 6_000;
const LONG_MS = 20_000;
// Somebody who taps quickly hears the sum, not every step to it.
const QUIET_MS = 1_000;
const UNDO_KEYS = new Set(["z", "u"]);

const isWriting = (element) => Boolean(element.closest?.("input, textarea, select, [contenteditable]"));

/** The slim bar at the lower edge: how many are chosen, what is to be said of it, and undo. */
export class Bar {
  #bar;
  #count;
  #hint;
  #undo;
  #send;
  #status;
  #picks;
  #message = null;
  #timer = 0;
  #saying = 0;

  constructor(gallery, picks) {
    this.#picks = picks;
    this.#bar = gallery.querySelector("[data-pumba-bar]");
    if (!this.#bar) return;
    this.#count = this.#bar.querySelector(".pumba-bar__count");
    this.#hint = this.#bar.querySelector(".pumba-bar__hint");
    this.#undo = this.#bar.querySelector("[data-pumba-undo]");
    this.#send = gallery.querySelector("[data-pumba-send]");
    this.#status = gallery.querySelector("[data-pumba-status]");
    this.#listen();
    this.#draw();
  }

  #listen() {
    this.#picks.addEventListener("change", () => this.#afterChange());
    this.#picks.addEventListener("undoable", () => this.#drawUndo());
    this.#picks.addEventListener("kept", ({ detail }) => this.#keep(detail.words));
    this.#picks.addEventListener("trouble", ({ detail }) => this.#complain(detail));
    this.#undo.addEventListener("click", () => this.#undoLast());
    document.addEventListener("keydown", (event) => this.#onKey(event), true);
  }

  #afterChange() {
    if (this.#message?.isKept && !this.#picks.isWaiting) this.#message = null;
    this.#draw();
    this.#sayLater();
  }

  #draw() {
    const { words, limits } = this.#picks;
    this.#write(this.#count, words.count);
    this.#write(this.#hint, this.#message?.words ?? words.hint);
    this.#bar.classList.toggle("pumba-bar--error", Boolean(this.#message?.isTrouble));
    if (this.#send) this.#send.disabled = !limits.can_be_sent;
    this.#drawUndo();
  }

  #drawUndo() {
    // What has the focus stays, so that it is not lost.
    this.#undo.hidden = !this.#picks.canUndo && document.activeElement !== this.#undo;
    const isIdle = this.#picks.isEmpty && this.#undo.hidden && !this.#message;
    this.#bar.hidden = isIdle && this.#bar.dataset.pumbaBar !== "always";
  }

  #undoLast() {
    this.#bar.querySelector(".pumba-button").focus({ preventScroll: true });
    this.#picks.undo();
    this.#drawUndo();
  }

  #onKey(event) {
    const isPlain = !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey);
    if (!isPlain || !UNDO_KEYS.has(event.key.toLowerCase()) || isWriting(event.target)) return;
    if (!this.#picks.canUndo) return;
    event.preventDefault();
    this.#picks.undo();
  }

  #keep(sentence) {
    if (this.#message?.isKept && this.#message.words === sentence) return;
    this.#show({ words: sentence, isKept: true });
  }

  #complain({ words: sentence, isLong }) {
    this.#show({ words: sentence, isTrouble: true });
    this.#timer = setTimeout(
      () => {
        this.#message = null;
        this.#draw();
      },
      isLong ? LONG_MS : TROUBLE_MS,
    );
  }

  #show(message) {
    clearTimeout(this.#timer);
    this.#message = message;
    this.#draw();
    this.#say();
  }

  #sayLater() {
    clearTimeout(this.#saying);
    this.#saying = setTimeout(() => this.#say(), QUIET_MS);
  }

  #say() {
    const { count, hint } = this.#picks.words;
    const sentences = [count, this.#message?.words ?? hint];
    this.#write(this.#status, sentences.filter(Boolean).join(". "));
  }

  #write(place, words) {
    if (place.textContent !== words) place.textContent = words;
  }
}

/** Say something where there is no bar: nothing can be chosen here any more. */
export const sayWithoutBar = (gallery, sentence) => {
  const place = document.createElement("p");
  place.className = "pumba-bar pumba-bar--alone";
  place.setAttribute("role", "alert");
  gallery.append(place);
  place.textContent = sentence;
};
