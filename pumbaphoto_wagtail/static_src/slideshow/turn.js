/** Every photo once, in its turn: what was, what is, what comes. Names only, whatever there is. */
export class Turn {
  #names = [];
  #place = -1;

  begin(names, place = 0) {
    this.#names = [...names];
    this.#place = Math.min(place, names.length) - 1;
  }

  get count() {
    return this.#names.length;
  }

  /** The number of the photo that is shown, from 1. */
  get number() {
    return this.#place + 1;
  }

  /** What is shown now, or is by so many photos before or after it. */
  at(steps = 0) {
    return this.#names[this.#place + steps];
  }

  ahead(amount) {
    return this.#names.slice(this.#place + 1, this.#place + 1 + amount);
  }

  /** What is shown, and what was before it, the last one first. */
  behind(amount) {
    const before = this.#place + 1;
    return this.#names.slice(Math.max(0, before - amount), before).reverse();
  }

  move(steps) {
    this.#place += steps;
  }

  goTo(name) {
    this.#place = this.#names.indexOf(name);
  }

  /** What cannot be shown just now comes at the end. */
  postpone(name) {
    if (this.#remove(name)) this.#names.push(name);
  }

  /** Go on with this one; those before it come at the end. */
  skipTo(name) {
    const index = this.#names.indexOf(name, this.#place + 1);
    if (index < 0) return;
    const skipped = this.#names.splice(this.#place + 1, index - this.#place - 1);
    this.#names.push(...skipped);
  }

  drop(names) {
    for (const name of names) this.#remove(name);
  }

  /**
   * The names as they are now: what has gone is left out, and what is new comes at the end, or
   * else behind the next few, which have been fetched already. Whether anything is new.
   */
  renew(names, behind = Infinity) {
    const known = new Set(this.#names);
    const present = new Set(names);
    this.drop(this.#names.filter((name) => !present.has(name)));
    const come = names.filter((name) => !known.has(name));
    this.#names.splice(Math.min(this.#place + 1 + behind, this.#names.length), 0, ...come);
    return come.length > 0;
  }

  #remove(name) {
    const index = this.#names.indexOf(name);
    if (index < 0) return false;
    this.#names.splice(index, 1);
    if (index <= this.#place) this.#place -= 1;
    return true;
  }
}

/** In another order, by chance: where nobody can be asked for one. */
export const shuffled = (names) => {
  const mixed = [...names];
  for (let index = mixed.length - 1; index > 0; index -= 1) {
    const other = Math.floor(Math.random() * (index + 1));
    [mixed[index], mixed[other]] = [mixed[other], mixed[index]];
  }
  return mixed;
};
