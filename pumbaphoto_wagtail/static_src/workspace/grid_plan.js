// Where every photo of the grid stands: squares in columns with a line of words below each, under the
// title of their section. Only arithmetic; what it measures is the style sheet's to say.

import { lastAtOrBelow } from "../gallery/wall_layout.js";

export class GridPlan {
  #root;
  #stretches = [];
  #measured = "";
  #size = { columns: 1, side: 0, line: 0, step: 0, gap: 0 };
  count = 0;
  height = 0;

  constructor(root) {
    this.#root = root;
  }

  get columns() {
    return this.#size.columns;
  }

  get side() {
    return this.#size.side;
  }

  /** The sections in their order, each with the element that holds its title. */
  take(sections) {
    for (const { heading } of this.#stretches) heading?.remove();
    let start = 0;
    this.#stretches = sections.map(({ title, amount }) => {
      const stretch = { start, amount, heading: this.#headingOf(title, amount) };
      start += amount;
      return stretch;
    });
    this.count = start;
  }

  #headingOf(title, amount) {
    if (!title) return null;
    const heading = document.createElement("p");
    heading.className = "pumba-cells__section";
    // The options of a list box have no headings; each says its section itself.
    heading.setAttribute("aria-hidden", "true");
    const count = document.createElement("span");
    count.textContent = amount.toLocaleString(document.documentElement.lang || undefined);
    heading.append(title, " ", count);
    this.#root.prepend(heading);
    return heading;
  }

  arrange() {
    const style = getComputedStyle(this.#root);
    const pixels = (name) => parseFloat(style.getPropertyValue(name)) || 0;
    const width = this.#root.clientWidth;
    const gap = parseFloat(style.columnGap) || 0;
    const wished = Math.min(pixels("--pumba-tile") || 160, (width - gap) / 2);
    const columns = Math.max(1, Math.floor((width + gap) / (wished + gap)));
    const side = (width - gap * (columns - 1)) / columns;
    const line = parseFloat(style.lineHeight) * (pixels("--pumba-lines") || 1);
    this.#size = { columns, side, gap, line, step: side + line + gap };
    const title = parseFloat(style.lineHeight) * 2;
    let top = 0;
    for (const stretch of this.#stretches) {
      if (stretch.heading) {
        stretch.heading.style.top = `${top}px`;
        top += title;
      }
      stretch.top = top;
      stretch.rows = Math.ceil(stretch.amount / columns);
      top += stretch.rows * this.#size.step;
    }
    this.height = top;
    this.#root.style.blockSize = `${top}px`;
  }

  /** Call back when the grid has become wider or narrower. */
  onResize(callback) {
    new ResizeObserver(() => {
      const measured = String(this.#root.clientWidth);
      if (measured === this.#measured) return;
      const isFirst = !this.#measured;
      this.#measured = measured;
      if (!isFirst) callback();
    }).observe(this.#root);
  }

  place(cell, index) {
    const { left, top } = this.#box(index);
    Object.assign(cell.style, {
      insetInlineStart: `${left}px`,
      top: `${top}px`,
      inlineSize: `${this.#size.side}px`,
    });
  }

  #box(index) {
    const stretch = this.#stretchOf(index);
    const { columns, side, gap, step } = this.#size;
    const at = index - stretch.start;
    return {
      left: (at % columns) * (side + gap),
      top: stretch.top + Math.floor(at / columns) * step,
    };
  }

  #stretchOf(index) {
    return this.#stretches[lastAtOrBelow(this.#stretches, index, ({ start }) => start)];
  }

  topOf(index) {
    return this.#root.getBoundingClientRect().top + this.#box(index).top;
  }

  /** The first place in the window and where it begins; null while the grid's head is in sight. */
  anchor() {
    const top = -this.#root.getBoundingClientRect().top;
    if (top <= 0 || !this.count) return null;
    const index = this.#firstOfRowAt(top);
    return { index, offset: this.topOf(index) };
  }

  /** From and to of the places near the window: `ahead` screens on both sides, `most` in all. */
  near(ahead, most) {
    if (!this.count) return [0, 0];
    const top = -this.#root.getBoundingClientRect().top;
    const screen = window.innerHeight;
    for (let share = ahead; ; share -= 0.25) {
      const from = this.#firstOfRowAt(top - share * screen);
      const to = Math.min(this.count, this.#firstOfRowAt(top + (1 + share) * screen) + this.columns);
      if (to - from <= most || share <= 0) return [from, to];
    }
  }

  #firstOfRowAt(height) {
    const stretch = this.#stretches[lastAtOrBelow(this.#stretches, height, ({ top }) => top)];
    const row = Math.floor((height - stretch.top) / this.#size.step);
    const rows = Math.max(stretch.rows - 1, 0);
    return stretch.start + Math.min(Math.max(row, 0), rows) * this.columns;
  }

  /** The place above (-1) or below (1); the last one of a shorter row. */
  beside(index, rows) {
    const stretch = this.#stretchOf(index);
    const at = index - stretch.start;
    const column = at % this.columns;
    const row = Math.floor(at / this.columns) + rows;
    if (row >= 0 && row < stretch.rows) {
      return stretch.start + Math.min(row * this.columns + column, stretch.amount - 1);
    }
    const next = this.#stretches[this.#stretches.indexOf(stretch) + rows];
    if (!next) return -1;
    const first = rows > 0 ? 0 : (next.rows - 1) * this.columns;
    return next.start + Math.min(first + column, next.amount - 1);
  }
}
