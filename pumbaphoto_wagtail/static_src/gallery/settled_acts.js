// Which acts were answered, in IndexedDB. What one tab does to localStorage reaches the others some
// time later: who may send next would still see, and send again, what was answered just now.
// A transaction that is complete is seen by all of them.
const DATABASE = "pumba";
const STORE = "settled";
// By then every tab has heard that an act is gone.
const FORGET_MS = 24 * 60 * 60 * 1000;
// Some browsers never answer; acts may be repeated without harm, and may not wait for ever.
const PATIENCE_MS = 2_000;

const opened = () =>
  new Promise((resolve, reject) => {
    const request = window.indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = reject;
  });

const transact = async (mode, act) => {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = reject;
    });
  } finally {
    database.close();
  }
};

/** What a transaction gives, or nothing where the browser has no such store for us. */
const attempt = (mode, act) =>
  Promise.race([
    transact(mode, act).catch(() => {}),
    new Promise((resolve) => setTimeout(resolve, PATIENCE_MS)),
  ]);

/** The ledger of answered acts of one gallery and link. Only its one sender may use it. */
export class SettledActs {
  #name;
  #times = new Map();

  constructor(name) {
    this.#name = name;
  }

  /** Learn what other tabs have written. */
  async read() {
    const times = await attempt("readonly", (store) => store.get(this.#name));
    for (const [id, time] of times ?? []) this.#times.set(id, time);
  }

  has({ id }) {
    return this.#times.has(id);
  }

  /** Resolves when every other tab can know it. */
  async add(acts) {
    const now = Date.now();
    for (const { id } of acts) this.#times.set(id, now);
    for (const [id, time] of this.#times) if (time < now - FORGET_MS) this.#times.delete(id);
    await attempt("readwrite", (store) => store.put(this.#times, this.#name));
  }
}
