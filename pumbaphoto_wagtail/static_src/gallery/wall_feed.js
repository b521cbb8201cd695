// What the wall asks the server for. Every page is asked for once, two at a time.
const PAGE = 60;
const AT_ONCE = 2;

export class Feed {
  #address;
  #show;
  #more;
  #pages = new Map();
  #waiting = [];
  #running = 0;

  /** `more`: what else every question says, by its names in the address. */
  constructor(address, show, more = {}) {
    this.#address = address;
    this.#show = show;
    this.#more = more;
  }

  get show() {
    return this.#show;
  }

  /** Another wall: what was asked for does not matter any more. */
  turnTo(show) {
    this.#show = show;
    this.forget();
  }

  forget() {
    for (const { abort } of this.#pages.values()) abort();
    this.#pages.clear();
    this.#waiting = [];
  }

  static pageOf(index) {
    return Math.floor(index / PAGE) + 1;
  }

  /** The page of the feed that holds a place on the wall; the same promise for whoever asks. */
  at(index) {
    const number = Feed.pageOf(index);
    if (!this.#pages.has(number)) {
      const control = new AbortController();
      const promise = this.#inTurn(() => this.#get({ page: number }, control.signal));
      this.#pages.set(number, { promise, abort: () => control.abort() });
      // What failed is asked for again the next time.
      promise.catch(() => this.#pages.delete(number));
    }
    return this.#pages.get(number).promise;
  }

  /** The whole wall's skeleton, with its first page. */
  whole(show = this.#show, page = 1) {
    return this.#get({ show, page, skeleton: "" });
  }

  /** Where a photo hangs on this wall, or -1. */
  async placeOf(uuid) {
    const response = await this.#fetch({ photo: uuid });
    if (response.status === 404) return -1;
    if (!response.ok) throw new Error(String(response.status));
    return (await response.json()).index;
  }

  async #get(query, signal) {
    const response = await this.#fetch(query, signal);
    if (!response.ok) throw new Error(String(response.status));
    return response.json();
  }

  #fetch(query, signal) {
    const list = new URLSearchParams(location.search).get("list");
    const asked = new URLSearchParams({
      ...(list && { list }),
      ...this.#more,
      show: this.#show,
      ...query,
    });
    return fetch(`${this.#address}?${asked}`, {
      headers: { Accept: "application/json" },
      signal,
    });
  }

  #inTurn(ask) {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => ask().then(resolve, reject));
      this.#next();
    });
  }

  #next() {
    while (this.#running < AT_ONCE && this.#waiting.length) {
      this.#running += 1;
      // What was asked for last is what is looked at now.
      this.#waiting
        .pop()()
        .finally(() => {
          this.#running -= 1;
          this.#next();
        });
    }
  }
}
