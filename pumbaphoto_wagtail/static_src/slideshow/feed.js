const PATIENCE_MS = 20_000;

/** Nothing more is shown to this viewer: a link was closed, or the gallery is there no more. */
export class Ended extends Error {}

/** Nobody answered, or not sensibly: the network is away, or the server is starting anew. */
export class Unreachable extends Error {}

/** What the server says of a slideshow. It remembers nothing: each question stands for itself. */
export class Feed {
  #address;
  #order;
  #seed;

  constructor({ feed, order, seed }) {
    this.#address = feed;
    this.#order = order;
    this.#seed = seed;
  }

  get order() {
    return this.#order;
  }

  get seed() {
    return this.#seed;
  }

  /** From the next question on, everything in another order. */
  reorder(order) {
    this.#order = order;
    this.#seed = Math.random().toString(36).slice(2, 10);
  }

  /** All names in turn and their version; no names where that version is known. */
  plan(version = "") {
    return this.#ask({ order: this.#order, seed: this.#seed, ...(version && { version }) });
  }

  /** The slides with these names, without those that are to be had no more. */
  async slides(names) {
    return (await this.#ask({ names: names.join(".") })).slides;
  }

  async #ask(question) {
    const url = new URL(this.#address, location.href);
    url.search = new URLSearchParams(question);
    let response;
    try {
      response = await fetch(url, {
        cache: "no-store",
        // Older browsers wait as long as the network lets them.
        signal: AbortSignal.timeout?.(PATIENCE_MS),
      });
    } catch (error) {
      throw new Unreachable(error.message);
    }
    const isRefused = [401, 403, 404, 410].includes(response.status);
    if (isRefused || response.redirected) throw new Ended();
    if (!response.ok) throw new Unreachable(String(response.status));
    try {
      return await response.json();
    } catch (error) {
      // A hotel's network, say, that wants to be logged in to.
      throw new Unreachable(error.message);
    }
  }
}

/** A preview's: what there is was given with its page, and there is nobody to ask. */
export class GivenFeed {
  #plan;
  #slides;
  order;
  seed = "";

  constructor({ plan, slides, order }) {
    this.#plan = plan;
    this.#slides = slides;
    this.order = order;
  }

  reorder() {}

  async plan() {
    return this.#plan;
  }

  async slides(names) {
    return this.#slides.filter((slide) => names.includes(slide.name));
  }
}
