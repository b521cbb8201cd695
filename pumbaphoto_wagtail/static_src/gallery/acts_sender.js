import { SettledActs } from "./settled_acts.js";

const BATCH = 50;
const PATIENCE_MS = 20_000;
const SLOW_MS = 4_000;
const RETRY_MS = [2_000, 5_000, 10_000, 20_000, 40_000];
// Browsers let a request outlive its page up to this size.
const KEEPALIVE_BYTES = 60_000;
const MALFORMED = new Set([400, 413]);

/** One sender among all tabs, where the browser knows locks; acts may be repeated without harm. */
const alone = (name, act) =>
  navigator.locks ? navigator.locks.request(`pumba.${name}`, act) : act();

const idsOf = (acts) => acts.map(({ id }) => id);

const readJson = async (response) => {
  try {
    return await response.json();
  } catch {
    return null;
  }
};

/** Those of the oldest act's list and round that follow each other, as many as are sent at once. */
const firstBatch = (acts, size) => {
  const [first] = acts;
  const end = acts.findIndex((act) => act.list !== first.list || act.round !== first.round);
  return acts.slice(0, Math.min(size, end === -1 ? acts.length : end));
};

/**
 * Sends kept acts in their order, one request at a time, and tries again until it has an answer.
 *
 * `listener` is told: `onAnswer(answer, acts)` with the server's answer to acts, `onRefused(sentence,
 * acts, answer)` when none of them was taken, `onWaiting()` when they are kept for later, and
 * `onSettled()` when acts are not kept any more.
 */
export class ActsSender {
  #name;
  #addresses;
  #csrfToken;
  #kept;
  #answered;
  #listener;
  #running = null;
  #isWanted = false;
  #size = BATCH;
  #failures = 0;
  #isSlow = false;
  #timer = 0;

  constructor({ keep, addresses }, csrfToken, kept, listener) {
    this.#name = keep;
    this.#addresses = addresses;
    this.#csrfToken = csrfToken;
    this.#kept = kept;
    this.#answered = new SettledActs(keep);
    this.#listener = listener;
    window.addEventListener("online", () => this.flush());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.flush();
    });
  }

  /** Whether the last attempt found no way to the server, or still looks for one. */
  get isWaiting() {
    return this.#failures > 0 || this.#isSlow;
  }

  /** Send what is kept; resolves when everything was answered or has to wait. */
  flush() {
    this.#isWanted = true;
    clearTimeout(this.#timer);
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run() {
    // With nothing to send it would be over before it is noted as running, and noted for ever.
    await null;
    try {
      while (this.#isWanted) {
        this.#isWanted = false;
        if (this.#kept.all().length) await alone(this.#name, () => this.#sendAll());
      }
    } finally {
      this.#running = null;
    }
  }

  async #sendAll() {
    await this.#answered.read();
    this.#kept.remove(idsOf(this.#kept.all().filter((act) => this.#answered.has(act))));
    for (let acts = this.#kept.all(); acts.length; acts = this.#kept.all()) {
      const batch = firstBatch(acts, this.#size);
      const isSettled = await this.#send(batch);
      if (!isSettled) {
        this.#putOff();
        return;
      }
      this.#failures = 0;
    }
  }

  #putOff() {
    const wait = RETRY_MS[Math.min(this.#failures, RETRY_MS.length - 1)];
    this.#failures += 1;
    this.#isWanted = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), wait);
    this.#listener.onWaiting();
  }

  /** Whether the acts are done with, one way or the other. */
  async #send(acts) {
    const slow = setTimeout(() => {
      this.#isSlow = true;
      this.#listener.onWaiting();
    }, SLOW_MS);
    const response = await this.#post(acts);
    clearTimeout(slow);
    this.#isSlow = false;
    if (!response) return false;
    const answer = await readJson(response);
    if (response.ok && answer) return this.#settle(acts, () => this.#listener.onAnswer(answer, acts));
    if (MALFORMED.has(response.status)) return this.#isolate(acts, answer);
    if ([403, 404, 409].includes(response.status) && answer?.error) {
      return this.#settle(acts, () => this.#listener.onRefused(answer.error, acts, answer));
    }
    return false;
  }

  /** Something in it cannot be understood: what can is found one by one. */
  #isolate(acts, answer) {
    if (acts.length > 1) {
      this.#size = 1;
      return true;
    }
    this.#size = BATCH;
    return this.#settle(acts, () => this.#listener.onRefused(answer?.error ?? "", acts, null));
  }

  async #settle(acts, tell) {
    await this.#answered.add(acts);
    tell();
    this.#kept.remove(idsOf(acts));
    this.#listener.onSettled();
    return true;
  }

  async #post(acts) {
    const response = await this.#request(acts);
    if (response?.status !== 403) return response;
    // The page is older than its CSRF cookie, or this link may only look: a new token tells.
    const renewal = await this.#fetch(this.#addresses.picks, {});
    if (!renewal?.ok) return renewal;
    this.#csrfToken = (await readJson(renewal))?.csrf_token ?? "";
    return this.#request(acts);
  }

  #request(acts) {
    const [{ list, round }] = acts;
    const body = JSON.stringify({
      list,
      round,
      known: this.#listener.known(list),
      acts: acts.map(({ id, photo, on, words }) => ({ id, photo, on, words })),
    });
    return this.#fetch(this.#addresses.acts, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": this.#csrfToken },
      body,
      keepalive: body.length < KEEPALIVE_BYTES,
    });
  }

  async #fetch(address, options) {
    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(), PATIENCE_MS);
    try {
      return await fetch(address, { ...options, signal: giveUp.signal });
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }
}
