import { bytesOf, imageIn, pictureOf } from "./pictures.js";

const MOST = 400;
const MOST_BYTES = 150_000_000;

/**
 * Pictures that are kept in memory, so that the show goes on without a network. Held by their
 * elements: the browser keeps what came for them, and nothing is written to the device.
 */
export class Kept {
  #pictures = new Map();
  #bytes = 0;
  #isBusy = false;

  get names() {
    return [...this.#pictures.keys()];
  }

  has(name) {
    return this.#pictures.has(name);
  }

  /** The picture itself; whoever shows it puts it into the page. */
  take(name) {
    return this.#pictures.get(name)?.picture;
  }

  /** Fetch one more, unless one is under way. Whether it came. */
  async keep(slide) {
    if (this.#isBusy || this.has(slide.name)) return false;
    this.#isBusy = true;
    const picture = pictureOf(slide, ["view"]);
    try {
      await imageIn(picture).decode();
      this.#put(slide.name, picture);
      return true;
    } catch {
      return false;
    } finally {
      this.#isBusy = false;
    }
  }

  drop(name) {
    this.#bytes -= this.#pictures.get(name)?.bytes ?? 0;
    this.#pictures.delete(name);
  }

  dropAllBut(names) {
    const wanted = new Set(names);
    for (const name of this.names) if (!wanted.has(name)) this.drop(name);
  }

  clear() {
    this.#pictures.clear();
    this.#bytes = 0;
  }

  #put(name, picture) {
    const bytes = bytesOf(picture);
    this.#pictures.set(name, { picture, bytes });
    this.#bytes += bytes;
    // What was fetched first has been seen first.
    while (this.#pictures.size > MOST || this.#bytes > MOST_BYTES) this.drop(this.names[0]);
  }
}
