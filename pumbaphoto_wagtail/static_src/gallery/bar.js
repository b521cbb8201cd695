const TROUBLE_MS = 6000;

/** The slim bar at the lower edge, and the same words at the head of the review. */
export class Bar {
  #places;
  #bar;
  #send;
  #picks;
  #timer = 0;

  constructor(gallery, picks) {
    this.#picks = picks;
    this.#bar = gallery.querySelector("[data-pumba-bar]");
    this.#send = gallery.querySelector("[data-pumba-send]");
    this.#places = [...gallery.querySelectorAll("[data-pumba-bar], [data-pumba-tally]")];
    picks.addEventListener("change", () => this.#draw());
    picks.addEventListener("trouble", ({ detail }) => this.#complain(detail.words));
  }

  #draw() {
    const { words, limits, isEmpty } = this.#picks;
    if (this.#bar && !this.#isComplaining) this.#bar.hidden = isEmpty;
    if (this.#send) this.#send.disabled = !limits.can_be_sent;
    if (!this.#isComplaining) this.#say(words.count, words.hint);
  }

  get #isComplaining() {
    return this.#timer !== 0;
  }

  #say(count, hint) {
    for (const place of this.#places) {
      const [first, second] = place.querySelectorAll(".pumba-bar__count, .pumba-bar__hint");
      if (first.textContent !== count) first.textContent = count;
      if (second.textContent !== hint) second.textContent = hint;
      place.classList.toggle("pumba-bar--error", this.#isComplaining);
    }
  }

  #complain(sentence) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.#draw();
    }, TROUBLE_MS);
    if (this.#bar) this.#bar.hidden = false;
    this.#say(this.#picks.words.count, sentence);
  }
}
