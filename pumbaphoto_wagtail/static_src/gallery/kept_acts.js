// What was tapped and written and has not reached the server yet. Every act has an entry of its own
// in localStorage, so that two tabs that keep something at once lose nothing of each other, and
// entries in the order of their names are acts in the order in which they were done.
const PREFIX = "pumba.";
const DIGITS = 15;
const TAB = Math.random().toString(36).slice(2, 8);

/** localStorage, or null where the browser has none for us. */
const lastingStorage = () => {
  try {
    const storage = window.localStorage;
    storage.setItem(`${PREFIX}probe`, "");
    storage.removeItem(`${PREFIX}probe`);
    return storage;
  } catch {
    return null;
  }
};

const parsed = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** The acts kept for one gallery and link, shared by all tabs of this browser. */
export class KeptActs {
  #prefix;
  #storage = lastingStorage();
  // What localStorage has no room for lives as long as this tab.
  #here = new Map();
  #newest = 0;

  constructor(name) {
    this.#prefix = `${PREFIX}${name}.`;
  }

  /** Whether what is kept outlives this tab. */
  get isLasting() {
    return this.#storage !== null && this.#here.size === 0;
  }

  /** All acts in their order, each with its id. */
  all() {
    return this.#ids()
      .map((id) => ({ ...this.#read(id), id }))
      .filter((act) => act.photo);
  }

  /** Whether an act was done in this tab. */
  isOurs(id) {
    return id.endsWith(`.${TAB}`);
  }

  /** Keep an act; the id under which it is kept. */
  add(act) {
    const id = `${String(this.#nextTime()).padStart(DIGITS, "0")}.${TAB}`;
    const text = JSON.stringify(act);
    try {
      this.#storage.setItem(this.#prefix + id, text);
    } catch {
      this.#here.set(id, text);
    }
    return id;
  }

  remove(ids) {
    for (const id of ids) {
      this.#here.delete(id);
      this.#storage?.removeItem(this.#prefix + id);
    }
  }

  /** Call `act` when another tab has kept something or got rid of it. */
  onChangeElsewhere(act) {
    window.addEventListener("storage", ({ key }) => {
      if (key === null || key.startsWith(this.#prefix)) act();
    });
  }

  #read(id) {
    return parsed(this.#here.get(id) ?? this.#storage?.getItem(this.#prefix + id) ?? "null");
  }

  #ids() {
    const lasting = this.#storage ? Object.keys(this.#storage) : [];
    const ids = lasting
      .filter((key) => key.startsWith(this.#prefix))
      .map((key) => key.slice(this.#prefix.length));
    return [...ids, ...this.#here.keys()].sort();
  }

  #nextTime() {
    // A clock that was set back must not bring what is done now before what was done earlier.
    const last = Number.parseInt(this.#ids().pop() ?? "0", 10) || 0;
    this.#newest = Math.max(Date.now(), this.#newest + 1, last + 1);
    return this.#newest;
  }
}
