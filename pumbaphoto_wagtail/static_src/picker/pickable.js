// Which files of a folder are selected. Those the gallery has already cannot be.

import { Choice } from "../workspace/grid_choice.js";

const STATE = 3;

export class Pickable extends Choice {
  #free;

  constructor(files) {
    super();
    const keys = files.map((_file, index) => index);
    this.#free = new Set(keys.filter((index) => !files[index][STATE]));
    this.show(keys);
  }

  isFree(key) {
    return this.#free.has(key);
  }

  /** The places of the selected files, in the order of the folder. */
  get chosen() {
    return [...this.#free].filter((key) => this.has(key));
  }

  set(keys, isOn) {
    super.set(keys.filter((key) => this.#free.has(key)), isOn);
  }

  takeAll() {
    this.set([...this.#free], true);
  }
}
