const find = (name) => document.querySelector(`[data-show-${name}]`);

/** The words before, after and instead of the photos, with one button at most. */
export class Card {
  #act = null;

  constructor() {
    find("start").addEventListener("click", () => this.#act?.());
  }

  get isThere() {
    return !find("card").hidden;
  }

  /** `kind` is "opening", where the title stands with the words, or "closing". */
  show(kind, { words = "", button = "", act = null, aside = "" }) {
    const card = find("card");
    card.dataset.kind = kind;
    find("words").textContent = words;
    find("aside").textContent = aside;
    find("start").textContent = button;
    find("start").hidden = !button;
    this.#act = act;
    card.hidden = false;
    document.body.classList.add("pumba-show--card");
    if (button) find("start").focus({ preventScroll: true });
  }

  hide() {
    find("card").hidden = true;
    document.body.classList.remove("pumba-show--card");
  }
}
