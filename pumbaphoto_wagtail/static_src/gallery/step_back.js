/**
 * What lies over the page as a step of the browser's history: one step back closes it.
 *
 * Each has a name, under which its entries are known after a reload and on the way forward.
 */
export class StepBack {
  #name;
  #isTaken = false;
  #leaving = Promise.resolve();
  #restoration = "auto";

  /** `onBack()` closes what is open, `onForward(what)` opens it again. */
  constructor(name, { onBack, onForward = () => {} }) {
    this.#name = name;
    window.addEventListener("popstate", ({ state }) => {
      const isHere = state?.pumba === name;
      if (this.#isTaken && !isHere) {
        this.#isTaken = false;
        onBack();
      } else if (!this.#isTaken && isHere) {
        this.#isTaken = true;
        onForward(state.what);
      }
    });
  }

  /** Whether the present entry is one of this name, as after a reload. */
  get isHere() {
    return window.history.state?.pumba === this.#name;
  }

  /** What `what` is at `address`; the step itself is made by the first call. */
  async take(what, address = window.location.href) {
    await this.#leaving;
    const entry = { pumba: this.#name, what };
    if (this.#isTaken || this.isHere) {
      this.#isTaken = true;
      window.history.replaceState(entry, "", address);
      return;
    }
    this.#isTaken = true;
    // The page is put where the visitor left what lay over it, and not where it was opened.
    this.#restoration = window.history.scrollRestoration;
    window.history.scrollRestoration = "manual";
    window.history.pushState(entry, "", address);
  }

  /** Take the step back, if nobody has yet. Resolves when the page's own address is back. */
  async leave() {
    await this.#leaving;
    if (!this.#isTaken) return;
    this.#isTaken = false;
    this.#leaving = new Promise((done) => {
      window.addEventListener("popstate", done, { once: true });
    });
    window.history.back();
    await this.#leaving;
    window.history.scrollRestoration = this.#restoration;
  }
}
