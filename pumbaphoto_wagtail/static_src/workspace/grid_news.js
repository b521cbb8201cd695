// New photos come into the grid by themselves, and what others change is seen: a short question every
// few seconds, whether anything has changed at all.

const MOVING_SECONDS = 4;
const RESTING_SECONDS = 30;
const AT_MOST_SECONDS = 120;

/** Calls `renew()` (which gives the new state) whenever the server's mark is another one. */
export class News {
  #address;
  #renew;
  #mark;
  #isMoving;
  #timer = 0;
  #failures = 0;
  #isAsking = false;
  // Asked for while an answer was on its way, which may be from before.
  #asksAgain = false;

  constructor(data, renew) {
    this.#address = `${data.feed}?mark=`;
    this.#renew = renew;
    this.know(data);
    // The uploader knows best when something has come.
    document.addEventListener("pumba:refreshed", () => this.ask());
    document.addEventListener("visibilitychange", () => document.hidden || this.ask());
    this.#wait();
  }

  know({ mark, isMoving }) {
    this.#mark = mark;
    this.#isMoving = isMoving;
  }

  #wait() {
    clearTimeout(this.#timer);
    const usual = this.#isMoving ? MOVING_SECONDS : RESTING_SECONDS;
    const seconds = Math.min(AT_MOST_SECONDS, usual * 2 ** this.#failures);
    this.#timer = setTimeout(() => this.ask(), seconds * 1000);
  }

  async ask() {
    if (this.#isAsking) {
      this.#asksAgain = true;
      return;
    }
    this.#isAsking = true;
    try {
      if (!document.hidden) await this.#look();
      this.#failures = 0;
    } catch {
      // Somebody logged out, or a server that rests, is not asked every few seconds.
      this.#failures += 1;
    }
    this.#isAsking = false;
    if (this.#asksAgain) {
      this.#asksAgain = false;
      await this.ask();
      return;
    }
    this.#wait();
  }

  async #look() {
    const response = await fetch(this.#address + this.#mark, {
      headers: { Accept: "application/json" },
      credentials: "same-origin",
    });
    if (!response.ok || response.redirected) throw new Error(String(response.status));
    const seen = await response.json();
    this.#isMoving = seen.isMoving;
    if (seen.mark !== this.#mark) this.know(await this.#renew());
  }
}
