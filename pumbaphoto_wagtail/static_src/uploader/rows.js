// The list of files: only the rows that are in sight exist.

import { bytes } from "./words.js";

const ROW_HEIGHT = 34;
const SPARE_ROWS = 6;
const HANDS_OFF_SECONDS = 5;

export class Rows {
  constructor(root, words) {
    this.words = words;
    this.window = root.querySelector("[data-pumba-rows]");
    this.list = root.querySelector("[data-pumba-rows-list]");
    this.template = root.querySelector("[data-pumba-row]");
    this.items = [];
    this.touchedAt = 0;
    this.window.addEventListener("scroll", () => this.draw());
    for (const type of ["wheel", "touchstart", "keydown", "pointerdown"]) {
      this.window.addEventListener(type, () => {
        this.touchedAt = Date.now();
      });
    }
  }

  show(items) {
    this.items = items;
    this.followTheWork();
    this.draw();
  }

  /** Keep the file being sent in sight, unless the list is being read. */
  followTheWork() {
    if (Date.now() - this.touchedAt < HANDS_OFF_SECONDS * 1000) {
      return;
    }
    const first = this.items.findIndex((item) => item.state === "uploading");
    if (first >= 0) {
      this.window.scrollTop = Math.max(0, (first - 2) * ROW_HEIGHT);
    }
  }

  draw() {
    const top = Math.max(0, Math.floor(this.window.scrollTop / ROW_HEIGHT) - SPARE_ROWS);
    const count = Math.ceil(this.window.clientHeight / ROW_HEIGHT) + 2 * SPARE_ROWS;
    const visible = this.items.slice(top, top + count);
    while (this.list.children.length < visible.length) {
      this.list.append(this.template.content.cloneNode(true));
    }
    while (this.list.children.length > visible.length) {
      this.list.lastElementChild.remove();
    }
    this.list.style.height = `${this.items.length * ROW_HEIGHT}px`;
    this.list.style.paddingBlockStart = `${top * ROW_HEIGHT}px`;
    visible.forEach((item, index) => this.fillRow(this.list.children[index], item, top + index));
  }

  fillRow(row, item, position) {
    row.setAttribute("aria-posinset", position + 1);
    row.setAttribute("aria-setsize", this.items.length);
    const [name, size, progress, state] = row.children;
    setText(name, item.path);
    setText(size, bytes(item.size));
    progress.value = item.size ? item.sent / item.size : 0;
    progress.hidden = !(item.state === "uploading" || item.state === "retrying");
    row.dataset.state = item.stage || item.state;
    setText(state, this.stateWords(item));
    state.title = item.reason || "";
  }

  stateWords(item) {
    const { words } = this;
    const stages = {
      received: words.scanning,
      scanning: words.scanning,
      waiting: words.scannerWaiting,
      clean: words.rendering,
      rendering: words.rendering,
      ready: words.ready,
    };
    if (item.stage) {
      return stages[item.stage] || item.stageLabel;
    }
    const states = { new: words.waiting, ...words };
    return item.reason ? `${states[item.state]}: ${item.reason}` : states[item.state];
  }
}

function setText(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}
