// How fast bytes go, over the last few seconds.

const SECOND = 1000;
const WINDOW = 10 * SECOND;
const STEP = 250;

export class Speed {
  constructor() {
    this.samples = [];
  }

  add(amount) {
    const now = Date.now();
    const last = this.samples[this.samples.length - 1];
    if (last && now - last.at < STEP) {
      last.amount += amount;
    } else {
      this.samples.push({ at: now, amount });
    }
    while (this.samples[0].at < now - WINDOW) {
      this.samples.shift();
    }
  }

  /** Bytes in a second, 0 when nothing moves. */
  get now() {
    const now = Date.now();
    const recent = this.samples.filter(({ at }) => at >= now - WINDOW);
    if (!recent.length) {
      return 0;
    }
    const total = recent.reduce((sum, { amount }) => sum + amount, 0);
    return total / Math.max(1, (now - recent[0].at) / SECOND);
  }
}
