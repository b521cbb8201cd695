import { justified, lastAtOrBelow, squares } from "./wall_layout.js";

// As in proofing/presentation.py.
const FEW = 3;

/**
 * The places on a wall: sections in the page, and where in them each tile belongs.
 *
 * While it is not laid the style sheet sets the tiles in rows. Laid, every tile is set to its place
 * by itself (through the CSSOM, for the content security policy), and a section is as high as all
 * its tiles, whether they are in the page or not.
 */
export class WallPlan {
  #root;
  #probe = null;
  #sections = [];
  #proportions = [];
  #measured = "";
  isLaid = false;

  constructor(root) {
    this.#root = root;
  }

  get count() {
    return this.#proportions.length;
  }

  get sections() {
    return this.#sections;
  }

  // --- Sections ---------------------------------------------------------------------------------

  take(skeleton) {
    if (!skeleton) return;
    this.#proportions = skeleton.proportions;
    // Until it is arranged, nothing of it stands anywhere.
    this.isLaid = false;
    let start = 0;
    this.#sections = skeleton.sections.map(({ uuid, title, amount, download }) => {
      const section = { uuid, title, start, amount, download, layout: null, top: 0 };
      start += amount;
      return section;
    });
    this.#build();
  }

  /** The sections' elements: those that are there, new ones between them, and no others. */
  #build() {
    const known = new Map(
      [...this.#root.querySelectorAll(":scope > .pumba-section")].map((each) => [each.id, each]),
    );
    let next = this.#root.querySelector(":scope > template");
    for (const section of [...this.#sections].reverse()) {
      const id = section.uuid ? `section-${section.uuid}` : "";
      const element = known.get(id) ?? this.#make(section);
      known.delete(id);
      if (element.nextElementSibling !== next) this.#root.insertBefore(element, next);
      section.list = element.querySelector(".pumba-tiles");
      next = element;
    }
    for (const element of known.values()) element.remove();
  }

  #make({ uuid, title, download }) {
    const pattern = this.#root.querySelector("template[data-pumba-section]");
    const element = pattern.content.querySelector(".pumba-section").cloneNode(true);
    const heading = element.querySelector(".pumba-section__title");
    if (uuid) {
      element.id = `section-${uuid}`;
      element.setAttribute("aria-labelledby", `title-${uuid}`);
      heading.id = `title-${uuid}`;
      heading.textContent = title;
    } else {
      heading.remove();
    }
    const offer = element.querySelector(".pumba-section__download");
    if (download) {
      offer.firstElementChild.href = download.url;
      offer.firstElementChild.textContent = download.label;
      offer.lastElementChild.textContent = download.words;
    } else {
      offer.remove();
    }
    return element;
  }

  /** What stands on a wall where nothing hangs. */
  setEmptyWords(words) {
    this.#root.querySelector(":scope > .pumba-empty")?.remove();
    if (this.count) return;
    const sentence = document.createElement("p");
    sentence.className = "pumba-empty";
    sentence.textContent = words;
    this.#root.prepend(sentence);
  }

  sectionOf(index) {
    return this.#sections[lastAtOrBelow(this.#sections, index, ({ start }) => start)];
  }

  // --- Measuring --------------------------------------------------------------------------------

  /** Lay the wall out anew, or leave it to the style sheet. */
  arrange(isLaid) {
    this.isLaid = isLaid;
    this.#root.classList.toggle("pumba-wall--laid", isLaid);
    this.#hangLargeIfFew();
    if (!isLaid) {
      for (const { list } of this.#sections) list.style.blockSize = "";
      return;
    }
    const measures = this.#measures();
    for (const section of this.#sections) {
      section.layout = this.#layout(section, measures);
      section.list.style.blockSize = `${section.layout.height}px`;
    }
    const origin = this.#root.getBoundingClientRect().top;
    for (const section of this.#sections) {
      section.top = section.list.getBoundingClientRect().top - origin;
    }
  }

  #hangLargeIfFew() {
    this.#root.classList.toggle("pumba-wall--few", this.count <= FEW);
    for (let amount = 0; amount <= FEW; amount += 1) {
      this.#root.classList.toggle(`pumba-wall--of-${amount}`, this.count === amount);
    }
  }

  #layout({ start, amount }, measures) {
    const proportions = this.#proportions.slice(start, start + amount);
    return measures.columns ? squares(proportions, measures) : justified(proportions, measures);
  }

  #measures() {
    const [{ list }] = this.#sections;
    const style = getComputedStyle(list);
    const { width } = list.getBoundingClientRect();
    const gap = parseFloat(style.columnGap) || 0;
    if (style.display === "grid") {
      const columns = style.gridTemplateColumns.split(" ").length;
      return { columns, side: (width - gap * (columns - 1)) / columns, gap };
    }
    return { width, gap, row: this.#measureProbe().height };
  }

  /** An unseen element as high as a row is wished to be: that is the style sheet's to say. */
  #measureProbe() {
    if (!this.#probe) {
      this.#probe = document.createElement("div");
      this.#probe.className = "pumba-wall__row";
      this.#root.append(this.#probe);
    }
    return this.#probe.getBoundingClientRect();
  }

  /** Call back when the wall has become wider or narrower, or its rows higher or lower. */
  onResize(callback) {
    const observer = new ResizeObserver(() => {
      const { height } = this.#measureProbe();
      const measured = `${this.#root.clientWidth} ${height}`;
      if (measured === this.#measured) return;
      const isFirst = !this.#measured;
      this.#measured = measured;
      if (!isFirst) callback();
    });
    this.#measureProbe();
    observer.observe(this.#root);
    observer.observe(this.#probe);
  }

  // --- Places -----------------------------------------------------------------------------------

  #box(index) {
    const section = this.sectionOf(index);
    return { section, box: section.layout.boxes[index - section.start] };
  }

  /** A tile's width; where the style sheet sets the rows, about. */
  widthOf(index) {
    if (this.isLaid) return this.#box(index).box.width;
    const { width } = this.#sections[0].list.getBoundingClientRect();
    const style = getComputedStyle(this.#sections[0].list);
    const columns = style.display === "grid" ? style.gridTemplateColumns.split(" ").length : 0;
    const wished = (this.#measureProbe().height * this.#proportions[index] * 1.2) / 100;
    return columns ? width / columns : Math.min(width, wished);
  }

  hang(tile, index, next) {
    this.place(tile, index);
    this.sectionOf(index).list.insertBefore(tile, next);
  }

  place(tile, index) {
    const section = this.sectionOf(index);
    tile.setAttribute("aria-posinset", index - section.start + 1);
    tile.setAttribute("aria-setsize", section.amount);
    tile.classList.add(`pumba-r${this.#proportions[index]}`);
    const { left, top, width, height } = this.isLaid ? this.#box(index).box : {};
    Object.assign(tile.style, {
      insetInlineStart: inPixels(left),
      top: inPixels(top),
      inlineSize: inPixels(width),
      blockSize: inPixels(height),
    });
  }

  /** How far below the window's upper edge a place begins. */
  topOf(index) {
    const { section, box } = this.#box(index);
    return section.list.getBoundingClientRect().top + box.top;
  }

  anchor() {
    const top = -this.#root.getBoundingClientRect().top;
    if (top <= 0 || !this.count) return null;
    const [index] = this.#between(top, top + 1);
    return { index, offset: this.topOf(index) };
  }

  /** From and to of the places near the window: `ahead` screens on both sides, `most` in all. */
  near(ahead, most) {
    const top = -this.#root.getBoundingClientRect().top;
    const height = window.innerHeight;
    for (let share = ahead; ; share -= 0.25) {
      const [from, to] = this.#between(top - share * height, top + (1 + share) * height);
      if (to - from <= most || share <= 0.25) return [from, to];
    }
  }

  #between(upper, lower) {
    const last = this.#row(lower);
    return [this.#row(upper).from, last.to];
  }

  /** The row at a height on the wall; the places in it counted over all sections. */
  #row(height) {
    const section = this.#sections[lastAtOrBelow(this.#sections, height, ({ top }) => top)];
    const { rows } = section.layout;
    const row = rows[lastAtOrBelow(rows, height - section.top, ({ top }) => top)];
    return { from: section.start + row.from, to: section.start + row.to };
  }

  /** The place on the row above (-1) or below (1) whose middle is nearest. */
  beside(index, rows) {
    const { section, box } = this.#box(index);
    const inRow = lastAtOrBelow(section.layout.rows, box.top, ({ top }) => top);
    let target = section.layout.rows[inRow + rows];
    let home = section;
    if (!target) {
      home = this.#sections[this.#sections.indexOf(section) + rows];
      if (!home) return -1;
      target = rows > 0 ? home.layout.rows[0] : home.layout.rows.at(-1);
    }
    const middle = box.left + box.width / 2;
    let best = target.from;
    for (let each = target.from; each < target.to; each += 1) {
      const [one, two] = [home.layout.boxes[best], home.layout.boxes[each]];
      if (distance(two, middle) < distance(one, middle)) best = each;
    }
    return home.start + best;
  }
}

const distance = ({ left, width }, middle) => Math.abs(left + width / 2 - middle);

const inPixels = (value) => (value === undefined ? "" : `${value}px`);
