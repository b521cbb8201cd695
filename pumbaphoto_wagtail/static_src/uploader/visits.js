// Uploads that an earlier visit left open: what is missing of them, and the two ways to end them.

import { fill, number, setText } from "./words.js";

const ELSEWHERE_SECONDS = 60;

export class Visits {
  /** `acts` has `again()`, `show()` and `giveUp(batch)`. */
  constructor(root, words, ledger, acts) {
    this.panel = root.querySelector("[data-pumba-visits]");
    this.words = words;
    this.ledger = ledger;
    this.acts = acts;
    this.list = root.querySelector("[data-pumba-visits-list]");
    this.template = root.querySelector("[data-pumba-visit]");
    this.entries = new Map();
    this.missing = new Map();
  }

  draw(batches) {
    const earlier = batches.filter(({ isEarlier }) => isEarlier);
    if (earlier.length && this.version !== this.ledger.version) {
      this.version = this.ledger.version;
      this.missing = this.countMissing();
    }
    let shown = 0;
    for (const batch of earlier) {
      const missing = this.missing.get(batch.document.uuid) || 0;
      const entry = this.entries.get(batch.url) || this.makeEntry(batch);
      entry.hidden = !missing;
      shown += missing ? 1 : 0;
      this.fill(entry, batch, missing);
    }
    this.panel.hidden = !shown;
  }

  /** Files that this page cannot send, by batch. */
  countMissing() {
    const missing = new Map();
    for (const { state, batch } of this.ledger.items) {
      if (state === "missing") {
        missing.set(batch.uuid, (missing.get(batch.uuid) || 0) + 1);
      }
    }
    return missing;
  }

  fill(entry, batch, missing) {
    const total = batch.document.counts.announced;
    const isElsewhere = Date.now() - batch.movedAt < ELSEWHERE_SECONDS * 1000;
    const open = batch.isMine ? this.words.visit : this.words.visitOfOther;
    const sentence = isElsewhere ? this.words.visitElsewhere : open;
    const values = { title: batch.title, missing: number(missing), total: number(total) };
    setText(entry.firstElementChild, fill(sentence, values));
    entry.lastElementChild.hidden = isElsewhere;
  }

  makeEntry(batch) {
    const entry = this.template.content.firstElementChild.cloneNode(true);
    entry.querySelector('[data-pumba-act="again"]').hidden = !batch.isMine;
    for (const button of entry.querySelectorAll("[data-pumba-act]")) {
      button.addEventListener("click", () => this.acts[button.dataset.pumbaAct](batch));
    }
    this.list.append(entry);
    this.entries.set(batch.url, entry);
    return entry;
  }
}
