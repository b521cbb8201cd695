// What became of everything that was announced, once it is settled: the sum must be whole.

import { fill, number, setText } from "./words.js";

const ENDS = ["accepted", "refused", "duplicate", "abandoned"];

export class Summary {
  constructor(panel, words, logUrl) {
    this.panel = panel;
    this.words = words;
    this.logUrl = logUrl;
    this.list = panel.querySelector("[data-pumba-summary-list]");
    this.entries = new Map();
  }

  draw(batches) {
    for (const batch of batches.filter(({ document }) => document.settled)) {
      const entry = this.entries.get(batch.url) || this.makeEntry(batch);
      setText(entry.firstElementChild, this.sentence(batch.document.counts));
    }
    this.panel.hidden = !this.entries.size;
  }

  sentence(counts) {
    const ends = ENDS.filter((end) => counts[end]).map((end) =>
      fill(this.words[`${end}Sum`], { count: number(counts[end]) }),
    );
    const announced = fill(this.words.announcedSum, { count: number(counts.announced) });
    return `${announced} ${ends.join(" + ")}`;
  }

  makeEntry(batch) {
    const entry = document.createElement("li");
    const link = document.createElement("a");
    link.href = this.logUrl.replace(/[0-9a-f]{8}-0000-[^/]*/, batch.document.uuid);
    link.textContent = this.words.inTheLog;
    entry.append(document.createElement("span"), " ", link);
    this.list.append(entry);
    this.entries.set(batch.url, entry);
    return entry;
  }

  clear() {
    this.entries.clear();
    this.list.replaceChildren();
  }
}
