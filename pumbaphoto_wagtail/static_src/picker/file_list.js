// The files of a folder in lines of equal height, in as many columns as there is room for. All are
// known by their place, few of them are in the page.

// Screens above and below the window that are made.
const AHEAD = 0.5;

export class FileList extends EventTarget {
  #files;
  #choice;
  #pattern;
  #cells = new Map();
  #size = { columns: 1, width: 0, height: 1 };
  #frame = 0;
  root;
  keys;
  // The place that Tab leads to.
  current = 0;

  constructor(section, files, choice) {
    super();
    this.root = section.querySelector("[data-pumba-pick-list]");
    this.#pattern = section.querySelector("template[data-pumba-pick-pattern]").content.firstElementChild;
    this.#files = files;
    this.#choice = choice;
    this.keys = files.map((_file, index) => index);
    this.root.hidden = false;
    this.#arrange();
    document.addEventListener("scroll", () => this.#soon(), { capture: true, passive: true });
    window.addEventListener("resize", () => this.#soon());
    new ResizeObserver(() => this.#arrange()).observe(this.root);
    choice.addEventListener("change", () => this.#mark());
  }

  get count() {
    return this.keys.length;
  }

  indexOf(key) {
    return key in this.#files ? key : -1;
  }

  /** The place in the next line (1) or the one before (-1); -1 where there is none. */
  beside(index, rows) {
    const { columns } = this.#size;
    const next = index + rows * columns;
    if (next < 0) return -1;
    if (next < this.count) return next;
    // Into a last line that is shorter.
    return Math.floor(index / columns) < this.#rows - 1 ? this.count - 1 : -1;
  }

  get rowsInWindow() {
    return Math.max(1, Math.floor(window.innerHeight / this.#size.height) - 2);
  }

  focus(index, { reveals = true } = {}) {
    this.#cells.get(this.current)?.setAttribute("tabindex", "-1");
    this.current = index;
    const cell = this.#cells.get(index) ?? this.#hang(index);
    if (reveals) cell.scrollIntoView({ block: "nearest", behavior: "instant" });
    cell.setAttribute("tabindex", "0");
    cell.focus({ preventScroll: true });
    this.#update();
  }

  get #rows() {
    return Math.ceil(this.count / this.#size.columns);
  }

  #arrange() {
    const style = getComputedStyle(this.root);
    const pixels = (name) => parseFloat(style.getPropertyValue(name)) * parseFloat(style.fontSize);
    const width = this.root.clientWidth;
    const columns = Math.max(1, Math.floor(width / pixels("--pumba-shelved-width")));
    this.#size = { columns, width: width / columns, height: pixels("--pumba-shelved-height") };
    this.root.style.blockSize = `${this.#rows * this.#size.height}px`;
    for (const [index, cell] of this.#cells) this.#place(cell, index);
    this.#update();
  }

  #place(cell, index) {
    const { columns, width, height } = this.#size;
    Object.assign(cell.style, {
      insetInlineStart: `${(index % columns) * width}px`,
      top: `${Math.floor(index / columns) * height}px`,
      inlineSize: `${width}px`,
    });
  }

  #soon() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#update();
    });
  }

  #update() {
    const { columns, height } = this.#size;
    const top = -this.root.getBoundingClientRect().top;
    const rowAt = (y) => Math.min(Math.max(Math.floor(y / height), 0), this.#rows);
    const from = rowAt(top - AHEAD * window.innerHeight) * columns;
    const to = Math.min(this.count, (rowAt(top + (1 + AHEAD) * window.innerHeight) + 1) * columns);
    for (const [index, cell] of this.#cells) {
      // What has the focus stays, or the keys would lead nowhere.
      if ((index >= from && index < to) || index === this.current) continue;
      this.#cells.delete(index);
      cell.remove();
    }
    for (let index = from; index < to; index += 1) {
      if (!this.#cells.has(index)) this.#hang(index);
    }
  }

  #hang(index) {
    const cell = this.#pattern.cloneNode(true);
    const [name, , facts, state, picture] = this.#files[index];
    const [, kind, words] = cell.children;
    cell.dataset.key = index;
    cell.setAttribute("aria-posinset", index + 1);
    cell.setAttribute("aria-setsize", this.count);
    words.children[0].textContent = name;
    words.children[0].title = name;
    words.children[1].textContent = state ? `${state} · ${facts}` : facts;
    if (picture) kind.replaceWith(this.#picture(picture));
    else kind.textContent = name.split(".").pop().toUpperCase().slice(0, 5);
    if (state) {
      cell.classList.add("pumba-shelved--taken");
      cell.setAttribute("aria-disabled", "true");
    }
    if (index === this.current) cell.setAttribute("tabindex", "0");
    this.#markOne(cell, index);
    this.#place(cell, index);
    this.root.insertBefore(cell, this.#next(index));
    this.#cells.set(index, cell);
    return cell;
  }

  #picture(address) {
    const image = document.createElement("img");
    Object.assign(image, { src: address, alt: "", width: 40, height: 40, draggable: false });
    return image;
  }

  /** The cell before which a place belongs, so that assistive technology meets them in order. */
  #next(index) {
    const behind = [...this.#cells.keys()].filter((each) => each > index);
    return behind.length ? this.#cells.get(Math.min(...behind)) : null;
  }

  #mark() {
    for (const [index, cell] of this.#cells) this.#markOne(cell, index);
  }

  #markOne(cell, index) {
    const isTaken = !this.#choice.isFree(index);
    cell.setAttribute("aria-selected", isTaken || this.#choice.has(index));
  }
}
