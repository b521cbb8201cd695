// A few files at a time, each tried again for as long as the page is open.

const LANES = 4;
const SECOND = 1000;
const DELAYS = [0, 1, 3, 5, 10, 30, 60].map((delay) => delay * SECOND);
// A file that fails this often while others succeed lets them go first.
const PATIENCE = 3;

export class Lanes {
  /** `start(item)` sends one; `isOpen()` says whether anything may be sent now. */
  constructor({ start, isOpen }) {
    this.start = start;
    this.isOpen = isOpen;
    this.sending = new Set();
    this.delayed = new Map();
    this.due = [];
    this.clear();
    // Failures since the last chunk that any file got through: how the whole server is.
    this.failuresInRow = 0;
  }

  clear() {
    this.urgent = [];
    this.urgentAt = 0;
    this.patient = [];
    this.patientAt = 0;
  }

  /** Put items at the end of the line; `isPatient` behind all others. */
  push(items, isPatient = false) {
    const line = isPatient ? this.patient : this.urgent;
    for (const item of items) {
      line.push(item);
    }
  }

  get isServerInTrouble() {
    return this.failuresInRow >= LANES;
  }

  fill() {
    while (this.isOpen() && this.busy < LANES) {
      const item = this.next();
      if (!item) {
        return;
      }
      this.sending.add(item);
      this.start(item);
    }
  }

  /** Lanes in use: a file that waits for its next try keeps its lane, unless it is only itself. */
  get busy() {
    let held = 0;
    for (const item of this.delayed.keys()) {
      held += this.isServerInTrouble || item.attempts <= PATIENCE ? 1 : 0;
    }
    return this.sending.size + held;
  }

  next() {
    while (this.due.length) {
      const item = this.due.shift();
      if (item.state === "retrying" || item.state === "waiting") {
        return item;
      }
    }
    // Lines are read by position: taking the first of 5,000 off an array moves all others.
    while (this.urgentAt < this.urgent.length) {
      const item = this.urgent[this.urgentAt++];
      if (item.state === "waiting" && !this.sending.has(item)) {
        return item;
      }
    }
    while (this.patientAt < this.patient.length) {
      const item = this.patient[this.patientAt++];
      if (item.state === "waiting" && !this.sending.has(item)) {
        return item;
      }
    }
    this.clear();
    return null;
  }

  /** A chunk of the item has arrived. */
  succeed(item) {
    item.attempts = 0;
    this.failuresInRow = 0;
  }

  /** The item is out of its lane, whatever became of it. */
  leave(item) {
    this.sending.delete(item);
    window.clearTimeout(this.delayed.get(item));
    this.delayed.delete(item);
  }

  /** Try the item again after a while, or after the `wait` milliseconds that the server asked for. */
  tryLater(item, wait) {
    this.leave(item);
    const delay = Math.max(wait, DELAYS[Math.min(item.attempts, DELAYS.length - 1)]);
    item.attempts += 1;
    this.failuresInRow += 1;
    const timer = window.setTimeout(() => this.retry(item), delay);
    this.delayed.set(item, timer);
    this.fill();
  }

  retry(item) {
    this.leave(item);
    this.due.push(item);
    this.fill();
  }

  /** Stop everything; returns what was under way, which goes first when it goes on. */
  stop() {
    const stopped = [...this.sending, ...this.delayed.keys()];
    stopped.forEach((item) => this.leave(item));
    this.due = [...stopped, ...this.due];
    this.failuresInRow = 0;
    return stopped;
  }

  /** Do not wait any longer: the connection is back. */
  retryAll() {
    for (const item of [...this.delayed.keys()]) {
      item.attempts = 0;
      this.retry(item);
    }
  }
}
