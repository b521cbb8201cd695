// Tells the server what is coming, before a byte flows, until it has been understood.

import { kindOfAnswer, reasonIn, waitOf } from "./answers.js";
import { pause } from "./words.js";

const SECOND = 1000;
const DELAYS = [1, 3, 10, 30, 60].map((delay) => delay * SECOND);
// Rows written between two breaths.
const ROWS = 500;

export class Announcer {
  /** `onTrouble(words)` is told what is the matter while it is tried again, and "" afterwards. */
  constructor({ options, session, onTrouble }) {
    this.options = options;
    this.session = session;
    this.onTrouble = onTrouble;
  }

  /**
   * Announce items as one batch. Returns the batch's document; null if the server will not have
   * it (`problem` says why) or if there is no session.
   */
  async announce(items) {
    this.problem = "";
    const body = await this.manifest(items);
    let isForbidden = false;
    for (let attempt = 0; ; attempt += 1) {
      const { kind, reason, wait, batch } = await this.post(body);
      if (batch) {
        this.onTrouble("");
        return batch;
      }
      if (kind === "session" && !isForbidden) {
        // A new token is all that was missing if the session is alive.
        isForbidden = true;
        if (await this.session.check()) {
          continue;
        }
        return null;
      }
      if (kind !== "trouble") {
        this.onTrouble("");
        this.problem = reason;
        return null;
      }
      this.onTrouble(reason || this.options.words.serverTrouble);
      await this.rest(Math.max(wait, DELAYS[Math.min(attempt, DELAYS.length - 1)]));
    }
  }

  /** Wait; a connection that comes back ends the waiting. */
  rest(milliseconds) {
    return new Promise((resolve) => {
      const end = () => {
        window.clearTimeout(timer);
        window.removeEventListener("online", end);
        resolve();
      };
      const timer = window.setTimeout(end, milliseconds);
      window.addEventListener("online", end);
    });
  }

  async manifest(items) {
    const rows = [];
    for (let start = 0; start < items.length; start += ROWS) {
      rows.push(...items.slice(start, start + ROWS).map((item) => JSON.stringify(row(item))));
      await pause();
    }
    const purpose = JSON.stringify(this.options.purpose);
    return `{"purpose":${purpose},"files":[${rows.join(",")}]}`;
  }

  async post(body) {
    let response;
    let text;
    try {
      response = await fetch(this.options.manifestUrl, {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": "application/json", ...this.session.headers },
        body,
      });
      text = await response.text();
    } catch {
      return { kind: "trouble", reason: this.options.words.offline, wait: 0 };
    }
    if (response.ok) {
      return { batch: JSON.parse(text) };
    }
    return {
      kind: kindOfAnswer(response.status, "POST"),
      reason: reasonIn(text) || String(response.status),
      wait: waitOf(response.headers.get("Retry-After")),
    };
  }
}

function row(item) {
  return {
    clientKey: item.key,
    name: item.file.name,
    size: item.size,
    lastModified: item.file.lastModified,
    relativePath: item.path,
  };
}
