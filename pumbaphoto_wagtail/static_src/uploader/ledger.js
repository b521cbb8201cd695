// Every file of this page with its state, and the sums over them.
//
// Sums are kept up to date with each change instead of being added up for each drawing: with 5,000
// files four lanes report their progress many times a second.

// new: not announced yet. missing: announced on an earlier visit, and this page has no file for it.
// asking: waits for the photographer's answer. removed: given up. already: the server had it.
export const WAITING = new Set(["new", "waiting", "asking"]);
export const SENDING = new Set(["uploading", "retrying"]);
const OPEN = new Set([...WAITING, ...SENDING]);
const COUNTED = new Set([...OPEN, "uploaded", "failed"]);
const LOST_STAGES = new Set(["blocked", "infected", "failed", "missing", "deleted"]);
// What is told of by groups of one reason: refused at once, gone wrong on the way, found unusable.
export const KINDS = ["failed", "lost", "refused"];

export class Ledger {
  constructor() {
    this.items = [];
    this.byKey = new Map();
    this.groups = new Map();
    this.states = {};
    this.bytes = 0;
    this.sent = 0;
    this.companions = { count: 0, bytes: 0 };
    // Changes whenever an item changes its state, for those who keep something derived from it.
    this.version = 0;
  }

  /** `facts` are key, path, name, size, and file where there is one. */
  add(facts) {
    const item = {
      sent: 0,
      state: "new",
      stage: "",
      stageLabel: "",
      reason: "",
      attempts: 0,
      isCompanion: false,
      isSent: false,
      isHere: Boolean(facts.file),
      ...facts,
    };
    this.items.push(item);
    this.byKey.set(item.key, item);
    this.enter(item);
    return item;
  }

  /** Every change of what the sums depend on goes through here. */
  change(item, changes) {
    this.leave(item);
    if (changes.key && changes.key !== item.key) {
      this.byKey.delete(item.key);
      this.byKey.set(changes.key, item);
    }
    Object.assign(item, changes);
    this.enter(item);
  }

  setSent(item, sent) {
    if (item.isHere && COUNTED.has(shownState(item))) {
      this.sent += sent - item.sent;
    }
    item.sent = sent;
  }

  enter(item) {
    this.version += 1;
    this.tally(item, 1);
    const key = groupOf(item);
    if (key) {
      const group = this.groups.get(key) || { ...kindAndReason(item), items: new Set() };
      group.items.add(item);
      this.groups.set(key, group);
    }
  }

  leave(item) {
    this.tally(item, -1);
    const key = groupOf(item);
    const group = key && this.groups.get(key);
    if (group) {
      group.items.delete(item);
      if (!group.items.size) {
        this.groups.delete(key);
      }
    }
  }

  tally(item, sign) {
    const state = shownState(item);
    const count = item.isHere ? state : `${state} elsewhere`;
    this.states[count] = (this.states[count] || 0) + sign;
    if (item.isHere && COUNTED.has(state)) {
      this.bytes += sign * item.size;
      this.sent += sign * item.sent;
    }
    if (item.isCompanion && WAITING.has(item.state)) {
      this.companions.count += sign;
      this.companions.bytes += sign * item.size;
    }
  }

  /** How many files of this page are in one of the states. */
  count(...states) {
    return states.reduce((sum, state) => sum + (this.states[state] || 0), 0);
  }

  /** What is said in one line: files and bytes to send and sent. */
  get figures() {
    return {
      files: this.count(...COUNTED),
      done: this.count("uploaded"),
      bytes: this.bytes,
      sent: this.sent,
      failed: this.count("failed"),
      already: this.count("already"),
      removed: this.count("removed"),
      asking: this.count("asking"),
      busy: this.count(...SENDING),
      open: this.count(...OPEN),
    };
  }

  /** Groups of one kind, the largest first. */
  groupsOf(kind) {
    return [...this.groups.values()]
      .filter((group) => group.kind === kind)
      .sort((one, other) => other.items.size - one.items.size);
  }

  /** Forget what has come to its end; what still needs somebody stays. */
  clear() {
    const kept = this.items.filter((item) => !isOver(item));
    this.items = kept;
    this.byKey = new Map(kept.map((item) => [item.key, item]));
    this.groups.clear();
    this.states = {};
    this.bytes = 0;
    this.sent = 0;
    this.companions = { count: 0, bytes: 0 };
    kept.forEach((item) => this.enter(item));
  }
}

/** What was sent stays sent in the sums, also when it is refused for its content afterwards. */
function shownState(item) {
  return item.isSent ? "uploaded" : item.state;
}

export function isOpen(item) {
  return OPEN.has(item.state);
}

function isOver(item) {
  return !isOpen(item) && item.state !== "failed" && item.state !== "missing";
}

function kindAndReason(item) {
  return { kind: kindOf(item), reason: item.reason };
}

export function kindOf(item) {
  if (LOST_STAGES.has(item.stage)) {
    return "lost";
  }
  return item.state === "refused" || item.state === "failed" ? item.state : "";
}

function groupOf(item) {
  const kind = kindOf(item);
  return kind && `${kind}\n${item.reason}`;
}
