// Tells the server that announced files will not come, so that their batch can be settled.

import { kindOfAnswer } from "./answers.js";
import { addressOf } from "./sending.js";

const AT_ONCE = 4;
const AGAIN_SECONDS = 10;

export class GivingUp {
  /** `onEnd` is called when nothing is left to be told. */
  constructor(session, onEnd) {
    this.session = session;
    this.onEnd = onEnd;
    this.line = [];
    this.busy = 0;
  }

  get isBusy() {
    return this.line.length + this.busy > 0;
  }

  /** Give up single uploads. */
  items(items) {
    this.line.push(...items.filter((item) => item.uuid).map(addressOf));
    this.next();
  }

  next() {
    while (this.busy < AT_ONCE && this.line.length && !this.session.isLost) {
      const address = this.line.shift();
      this.busy += 1;
      this.send(address)
        .catch(() => this.again(address))
        .finally(() => {
          this.busy -= 1;
          this.next();
          this.endIfIdle();
        });
    }
  }

  endIfIdle() {
    if (!this.isBusy) {
      this.onEnd();
    }
  }

  async send(address) {
    const response = await this.request(address);
    if (response.ok || response.status === 404 || response.status === 410) {
      return;
    }
    if (kindOfAnswer(response.status, "DELETE") === "session") {
      await this.session.check();
    }
    throw new Error(String(response.status));
  }

  again(address) {
    window.setTimeout(() => {
      this.line.push(address);
      this.next();
    }, AGAIN_SECONDS * 1000);
  }

  request(address) {
    return fetch(address, {
      method: "DELETE",
      credentials: "same-origin",
      headers: {
        Accept: "application/json",
        "Tus-Resumable": "1.0.0",
        ...this.session.headers,
      },
    });
  }

  /** Give up all of a batch that has not arrived. Returns the batch's document, null if it failed. */
  async batch(address) {
    this.busy += 1;
    try {
      const response = await this.request(address);
      if (response.status === 401 || response.status === 403) {
        await this.session.check();
      }
      return response.ok ? await response.json() : null;
    } catch {
      return null;
    } finally {
      this.busy -= 1;
      this.endIfIdle();
    }
  }
}
