// "Save to my photos": files handed to the telephone's own sharing, some at a time. Where that is not
// offered, the downloads stand as they are.
const AT_A_TIME = 20;
const BYTES_AT_A_TIME = 80_000_000;

const isOffered = () => {
  const sample = new File([new Uint8Array(1)], "photo.jpg", { type: "image/jpeg" });
  const isTouched = window.matchMedia("(pointer: coarse)").matches;
  return isTouched && Boolean(navigator.canShare?.({ files: [sample] }));
};

class Saving {
  #wall;
  #button;
  #status;
  #next = 0;
  #files = [];
  // The first place behind those that the files are of.
  #behind = 0;
  #isBusy = false;

  constructor(wall, place) {
    this.#wall = wall;
    this.#button = place.querySelector("[data-pumba-save]");
    this.#status = place.querySelector("[data-pumba-save-status]");
    this.#button.addEventListener("click", () => this.#press());
    wall.addEventListener("changed", () => this.#draw());
    this.#button.hidden = false;
    place.querySelector("[data-pumba-computer]").hidden = false;
    this.#draw();
  }

  #say(sentence, values = {}) {
    const words = this.#button.dataset[sentence].replace(/\{(\w+)\}/g, (_all, name) => values[name]);
    this.#button.textContent = words;
    // Counting aloud would not let anybody hear anything else.
    if (sentence !== "getting") this.#status.textContent = words;
  }

  #draw() {
    if (this.#isBusy) return;
    const count = this.#wall.count;
    const last = Math.min(this.#next + AT_A_TIME, count);
    this.#button.disabled = this.#next >= count;
    if (this.#files.length) this.#say("ready", { total: this.#files.length });
    else if (this.#next >= count) this.#say("done");
    else {
      const [before, until, all] = [this.#next, last, count].map((place) =>
        this.#wall.photosBefore(place),
      );
      this.#say("get", { first: before + 1, last: until, count: all });
    }
  }

  async #press() {
    if (this.#isBusy) return;
    this.#isBusy = true;
    let hasFailed = false;
    try {
      await (this.#files.length ? this.#share() : this.#get());
    } catch (error) {
      // Who closes the telephone's own sheet may open it again.
      hasFailed = error.name !== "AbortError";
      if (hasFailed) this.#files = [];
    }
    this.#isBusy = false;
    if (hasFailed) this.#say("failed");
    else this.#draw();
  }

  /** Get the next files. Sharing wants a tap of its own: this one is forgotten meanwhile. */
  async #get() {
    const files = [];
    const total = Math.min(AT_A_TIME, this.#wall.count - this.#next);
    let bytes = 0;
    let place = this.#next;
    for (; place < this.#next + total; place += 1) {
      const done = this.#wall.photosBefore(place) - this.#wall.photosBefore(this.#next);
      const all = this.#wall.photosBefore(this.#next + total) - this.#wall.photosBefore(this.#next);
      this.#say("getting", { done, total: all });
      const photo = await this.#wall.load(place);
      const address = photo.download || photo.web;
      // What is not finished yet hangs there to be looked at only.
      if (!address) continue;
      bytes += photo.size;
      if (files.length && bytes > BYTES_AT_A_TIME) break;
      const response = await fetch(address);
      if (!response.ok) throw new Error(String(response.status));
      const blob = await response.blob();
      files.push(new File([blob], photo.name, { type: blob.type }));
    }
    this.#behind = place;
    if (!files.length) {
      this.#next = place;
      return;
    }
    if (!navigator.canShare({ files })) throw new Error("cannot be shared");
    this.#files = files;
  }

  async #share() {
    await navigator.share({ files: this.#files });
    this.#next = this.#behind;
    this.#files = [];
  }
}

/** Offer saving to the telephone's photos, where it can be done. */
export const connectSaving = (gallery, wall) => {
  const place = gallery.querySelector("[data-pumba-keep]");
  if (place?.querySelector("[data-pumba-save]") && isOffered()) new Saving(wall, place);
};
