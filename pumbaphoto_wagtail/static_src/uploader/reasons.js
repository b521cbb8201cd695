// What was left out, failed or could not be used: by reason, each a way to its files.

import { KINDS } from "./ledger.js";
import { fill, number, setText } from "./words.js";

const SECTIONS = { failed: "failedTitle", lost: "lostTitle", refused: "refusedTitle" };

export class Reasons {
  /** `show(group)` brings the files of a group into sight. */
  constructor(panel, words, ledger, show) {
    this.panel = panel;
    this.words = words;
    this.ledger = ledger;
    this.show = show;
    this.title = panel.querySelector("[data-pumba-refused-title]");
    this.list = panel.querySelector("[data-pumba-refused-list]");
    this.entries = new Map();
    this.version = -1;
  }

  draw() {
    if (this.version === this.ledger.version) {
      return;
    }
    this.version = this.ledger.version;
    const titles = [];
    const groups = [];
    for (const kind of KINDS) {
      const some = this.ledger.groupsOf(kind);
      const count = some.reduce((sum, group) => sum + group.items.size, 0);
      if (count) {
        titles.push(fill(this.words[SECTIONS[kind]], { count: number(count) }));
      }
      groups.push(...some);
    }
    this.panel.hidden = !groups.length;
    setText(this.title, titles.join(" · "));
    this.drawGroups(groups);
  }

  /** Entries stay the elements they are: one of them may have the focus. */
  drawGroups(groups) {
    for (const [group, entry] of this.entries) {
      if (!groups.includes(group)) {
        this.entries.delete(group);
        entry.remove();
      }
    }
    for (const group of groups) {
      const entry = this.entries.get(group) || this.makeEntry(group);
      const count = number(group.items.size);
      const reason = group.reason || this.words[group.kind] || this.words.failed;
      setText(entry.firstElementChild, fill(this.words.refusedSummary, { count, reason }));
    }
  }

  makeEntry(group) {
    const entry = document.createElement("li");
    const words = document.createElement("span");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "pumba-textbutton";
    button.textContent = this.words.showThem;
    button.addEventListener("click", () => this.show(group));
    entry.append(words, " ", button);
    this.list.append(entry);
    this.entries.set(group, entry);
    return entry;
  }
}
