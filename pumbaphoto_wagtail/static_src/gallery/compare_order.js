/** What is looked at side by side, and what comes next: sets of photos that are alike. */
export class Order {
  #sets;
  #isChosen;
  #set = 0;
  #offset = 0;

  /** `sets` of UUIDs; `isChosen(uuid)` tells which of them are still favourites. */
  constructor(sets, isChosen) {
    this.#sets = sets;
    this.#isChosen = isChosen;
  }

  /** Up to `amount` photos. */
  shown(amount) {
    const left = this.#left(this.#set);
    // The last ones are shown with those before them, rather than alone.
    this.#offset = Math.max(0, Math.min(this.#offset, left.length - amount));
    return left.slice(this.#offset, this.#offset + amount);
  }

  /** Go to the next ones (1) or to those before (-1); whether there are any. */
  move(steps, amount) {
    const last = Math.max(0, this.#left(this.#set).length - amount);
    const offset = Math.max(0, Math.min(this.#offset + steps * amount, last));
    if (offset !== this.#offset) {
      this.#offset = offset;
      return true;
    }
    return this.#turn(steps);
  }

  has(steps, amount) {
    const [set, offset] = [this.#set, this.#offset];
    const isThere = this.move(steps, amount);
    [this.#set, this.#offset] = [set, offset];
    return isThere;
  }

  #turn(steps) {
    for (let set = this.#set + steps; set in this.#sets; set += steps) {
      if (this.#left(set).length) {
        this.#set = set;
        this.#offset = steps > 0 ? 0 : Infinity;
        return true;
      }
    }
    return false;
  }

  #left(set) {
    return (this.#sets[set] ?? []).filter((photo) => this.#isChosen(photo));
  }
}
