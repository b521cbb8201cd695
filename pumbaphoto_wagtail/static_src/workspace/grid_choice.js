// Which photos are selected: some by their keys, or all that are shown but some.

export class Choice extends EventTarget {
  #isAll = false;
  #keys = new Set();
  // What is shown now, in its order.
  #shown = [];

  get isAll() {
    return this.#isAll && !this.#keys.size;
  }

  get amount() {
    return this.#isAll ? this.#shown.length - this.#keys.size : this.#keys.size;
  }

  has(key) {
    return this.#keys.has(key) !== this.#isAll;
  }

  /** The only one that is selected; null where it is none or several. */
  get only() {
    if (this.amount !== 1) return null;
    return this.#shown.find((key) => this.has(key)) ?? null;
  }

  /** Others are shown now: what is not among them is not selected any more. */
  show(keys, { isOther = false } = {}) {
    const before = new Set(this.#shown);
    this.#shown = keys;
    if (isOther) {
      this.clear();
      return;
    }
    // Nobody has selected what has come since.
    if (this.#isAll) keys.filter((key) => !before.has(key)).forEach((key) => this.#keys.add(key));
    const known = new Set(keys);
    for (const key of this.#keys) if (!known.has(key)) this.#keys.delete(key);
    this.#tell();
  }

  set(keys, isOn) {
    for (const key of keys) {
      if (isOn === this.#isAll) this.#keys.delete(key);
      else this.#keys.add(key);
    }
    this.#tell();
  }

  toggle(key) {
    this.set([key], !this.has(key));
  }

  takeAll() {
    this.#isAll = true;
    this.#keys.clear();
    this.#tell();
  }

  clear() {
    this.#isAll = false;
    this.#keys.clear();
    this.#tell();
  }

  /** As the server takes it: `of` is the query of this screen's address. */
  asData(of) {
    const keys = [...this.#keys].join(",");
    return this.#isAll
      ? { all: "1", except: keys, amount: String(this.amount), of }
      : { ids: keys, of };
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}
