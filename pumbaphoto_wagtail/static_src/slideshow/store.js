// How many are asked for at a time, and how many are known at most.
const PIECE = 40;
const MOST = 400;

/** What is known of the photos around the one that is shown: their pictures and their words. */
export class Store {
  #feed;
  #slides = new Map();
  #question = null;

  constructor(feed) {
    this.#feed = feed;
  }

  put(slides) {
    for (const slide of slides) this.#slides.set(slide.name, slide);
  }

  get(name) {
    return this.#slides.get(name);
  }

  forget(name) {
    this.#slides.delete(name);
  }

  clear() {
    this.#slides.clear();
  }

  /**
   * Ask for those of these names that are not known, the first few of them; one question at a
   * time. Resolves to the names of photos that are gone, and fails as the feed does.
   */
  async fetch(names) {
    while (this.#question) await this.#question.catch(() => {});
    const wanted = names.filter((name) => !this.#slides.has(name)).slice(0, PIECE);
    if (!wanted.length) return [];
    this.#question = this.#ask(wanted).finally(() => (this.#question = null));
    return this.#question;
  }

  async #ask(wanted) {
    this.put(await this.#feed.slides(wanted));
    this.#forgetOldest();
    return wanted.filter((name) => !this.#slides.has(name));
  }

  #forgetOldest() {
    const names = this.#slides.keys();
    while (this.#slides.size > MOST) this.#slides.delete(names.next().value);
  }
}
