// The list of files: only the rows that are in sight exist.

import { SENDING, WAITING, kindOf } from "./ledger.js";
import { bytes, fill, number, percent, setText } from "./words.js";

const ROW_HEIGHT = 36;
const SPARE_ROWS = 6;
const HANDS_OFF_SECONDS = 5;
const KEYS = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8, Home: -Infinity, End: Infinity };

// Which files each choice of the filter shows.
const FILTERS = {
  all: () => true,
  open: (item) => WAITING.has(item.state) || SENDING.has(item.state),
  missing: (item) => item.state === "missing",
  trouble: (item) => kindOf(item) !== "",
  ready: (item) => item.stage === "ready",
};

export class Rows {
  /** `acts` has `remove(item)` and `retry(item)`. */
  constructor(root, words, ledger, acts) {
    this.words = words;
    this.ledger = ledger;
    this.acts = acts;
    this.window = root.querySelector("[data-pumba-rows]");
    this.list = root.querySelector("[data-pumba-rows-list]");
    this.template = root.querySelector("[data-pumba-row]");
    this.filter = root.querySelector("[data-pumba-filter]");
    this.count = root.querySelector("[data-pumba-rows-count]");
    this.group = null;
    this.items = [];
    this.touchedAt = 0;
    this.version = -1;
    this.window.addEventListener("scroll", () => this.draw());
    for (const type of ["wheel", "touchstart", "keydown", "pointerdown", "focusin"]) {
      this.window.addEventListener(type, () => {
        this.touchedAt = Date.now();
      });
    }
    this.filter.addEventListener("change", () => this.choose());
    this.list.addEventListener("keydown", (event) => this.onKey(event));
    this.list.addEventListener("click", (event) => this.onClick(event));
    this.list.addEventListener("focusin", (event) => this.enter(event.target));
  }

  // --- Which files

  choose() {
    this.group = null;
    this.version = -1;
    this.window.scrollTop = 0;
    this.show();
  }

  /** Show the files of one group of reasons only, and go there. */
  showGroup(group) {
    this.filter.value = "trouble";
    this.choose();
    this.group = group;
    this.version = -1;
    this.show();
    this.window.closest("details").open = true;
    this.focusRow(0);
  }

  showMissing() {
    this.filter.value = "missing";
    this.choose();
    this.window.closest("details").open = true;
    this.focusRow(0);
  }

  show() {
    if (this.version !== this.ledger.version) {
      this.version = this.ledger.version;
      this.items = this.chosen();
      setText(this.count, number(this.items.length));
    }
    this.followTheWork();
    this.draw();
  }

  chosen() {
    if (this.group) {
      return this.ledger.items.filter((item) => this.group.items.has(item));
    }
    const { value } = this.filter;
    return value === "all" ? this.ledger.items : this.ledger.items.filter(FILTERS[value]);
  }

  /** Keep the file being sent in sight, unless the list is being read. */
  followTheWork() {
    const isRead = Date.now() - this.touchedAt < HANDS_OFF_SECONDS * 1000;
    if (isRead || this.list.contains(document.activeElement)) {
      return;
    }
    const first = this.items.findIndex((item) => item.state === "uploading");
    if (first >= 0) {
      this.window.scrollTop = Math.max(0, (first - 2) * ROW_HEIGHT);
    }
  }

  // --- Drawing

  draw() {
    const first = Math.floor(this.window.scrollTop / ROW_HEIGHT) - SPARE_ROWS;
    const count = Math.ceil(this.window.clientHeight / ROW_HEIGHT) + 2 * SPARE_ROWS;
    const from = Math.max(0, first);
    const visible = this.items.slice(from, from + count);
    const focused = this.focused();
    while (this.list.children.length < visible.length) {
      this.list.append(this.template.content.firstElementChild.cloneNode(true));
    }
    while (this.list.children.length > visible.length) {
      this.list.lastElementChild.remove();
    }
    this.list.style.blockSize = `${this.items.length * ROW_HEIGHT}px`;
    this.list.style.paddingBlockStart = `${from * ROW_HEIGHT}px`;
    visible.forEach((item, index) => this.fillRow(this.list.children[index], item, from + index));
    this.giveBack(focused);
    this.offerOneStop();
  }

  /** What has the focus: the file, and which of its buttons if not the row itself. */
  focused() {
    const element = document.activeElement;
    const row = this.list.contains(element) ? element.closest("li") : null;
    return row && { item: row.pumbaItem, row, act: element.dataset.pumbaAct };
  }

  /** Rows change their files; the focus stays with the file, or with the list if that is gone. */
  giveBack(focused) {
    if (!focused || (focused.row.isConnected && focused.row.pumbaItem === focused.item)) {
      return;
    }
    const row = this.rowOf(focused.item);
    const button = row && focused.act && row.querySelector(`[data-pumba-act="${focused.act}"]`);
    (button || row || this.window).focus({ preventScroll: true });
  }

  rowOf(item) {
    return [...this.list.children].find((row) => row.pumbaItem === item) || null;
  }

  /** Tab finds the list at one place, whichever rows there are. */
  offerOneStop() {
    if (!this.list.querySelector('li[tabindex="0"]') && this.list.firstElementChild) {
      this.list.firstElementChild.tabIndex = 0;
    }
  }

  fillRow(row, item, position) {
    const [name, size, progress, state, acts] = row.children;
    const [remove, retry] = acts.children;
    if (row.pumbaItem !== item) {
      row.pumbaItem = item;
      setText(name, item.path);
      name.title = item.path;
      setText(size, bytes(item.size));
      remove.setAttribute("aria-label", fill(this.words.removeFile, { name: item.path }));
      retry.setAttribute("aria-label", fill(this.words.retryFile, { name: item.path }));
    }
    setAttribute(row, "aria-posinset", position + 1);
    setAttribute(row, "aria-setsize", this.items.length);
    setAttribute(row, "data-state", item.stage || item.state);
    const share = item.size ? item.sent / item.size : 0;
    progress.value = share;
    progress.hidden = !SENDING.has(item.state);
    const words = this.stateWords(item, share);
    setText(state, words);
    setAttribute(state, "title", words);
    this.toggle(remove, canBeRemoved(item));
    this.toggle(retry, item.state === "failed");
  }

  toggle(button, isShown) {
    if (button.hidden === isShown) {
      const hadFocus = document.activeElement === button;
      button.hidden = !isShown;
      if (hadFocus) {
        button.closest("li").focus({ preventScroll: true });
      }
    }
  }

  stateWords(item, share) {
    const { words } = this;
    const stages = {
      received: words.scanning,
      scanning: words.scanning,
      waiting: words.scannerWaiting,
      clean: words.rendering,
      rendering: words.rendering,
      ready: words.ready,
      asked: words.asking,
      duplicate: words.already,
    };
    const said = item.stage ? stages[item.stage] || item.stageLabel : this.ownWords(item, share);
    return item.reason && !stages[item.stage] ? `${said}: ${item.reason}` : said;
  }

  ownWords(item, share) {
    const said = this.words[item.state === "new" ? "waiting" : item.state];
    return item.state === "uploading" ? `${said}, ${percent(share)}` : said;
  }

  // --- Keys: one stop for Tab, arrows from file to file

  enter(target) {
    const row = target.closest("li");
    for (const other of this.list.querySelectorAll('[tabindex="0"]')) {
      other.tabIndex = -1;
    }
    for (const element of [row, ...row.querySelectorAll("button")]) {
      element.tabIndex = 0;
    }
  }

  onKey(event) {
    const step = KEYS[event.key];
    const row = event.target.closest("li");
    if (step) {
      event.preventDefault();
      const last = this.items.length - 1;
      const position = this.items.indexOf(row.pumbaItem) + step;
      this.focusRow(Math.max(0, Math.min(last, position)));
    } else if (event.key === "Delete" && canBeRemoved(row.pumbaItem)) {
      event.preventDefault();
      this.acts.remove(row.pumbaItem);
    }
  }

  focusRow(position) {
    const item = this.items[position];
    if (!item) {
      this.window.focus();
      return;
    }
    const top = position * ROW_HEIGHT;
    const { scrollTop, clientHeight } = this.window;
    if (top < scrollTop || top + ROW_HEIGHT > scrollTop + clientHeight) {
      this.window.scrollTop = top - (top < scrollTop ? 0 : clientHeight - ROW_HEIGHT);
      this.draw();
    }
    this.rowOf(item).focus({ preventScroll: true });
  }

  onClick(event) {
    const button = event.target.closest("button");
    if (button) {
      const item = button.closest("li").pumbaItem;
      this.acts[button.dataset.pumbaAct](item);
    }
  }
}

function canBeRemoved(item) {
  return (
    WAITING.has(item.state) ||
    SENDING.has(item.state) ||
    item.state === "failed" ||
    item.state === "missing"
  );
}

function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== String(value)) {
    element.setAttribute(name, value);
  }
}
