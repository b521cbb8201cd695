// The queue: announces files, sends them in a few lanes, and never forgets one.

import { Upload } from "tus-js-client";

const LANES = 4;
const SECOND = 1000;
// Tried for as long as the page is open; after the first few times once a minute.
const RETRY_DELAYS = [0, 1, 3, 5, 10, 30, ...Array(2000).fill(60)].map((delay) => delay * SECOND);
const SPEED_WINDOW = 10 * SECOND;

export const FINISHED = new Set(["uploaded", "already", "refused"]);

export class UploadQueue extends EventTarget {
  constructor({ options, session }) {
    super();
    this.options = options;
    this.session = session;
    this.items = [];
    this.batches = [];
    this.known = new Set();
    this.isPaused = false;
    this.problem = "";
    this.samples = [];
    window.addEventListener("online", () => this.restartRetrying());
  }

  /** Take files into the queue and announce them. Returns how many are new to it. */
  async add(files) {
    const fresh = [];
    for (const { file, path } of files) {
      const identity = `${path}\n${file.size}\n${file.lastModified}`;
      if (!this.known.has(identity)) {
        this.known.add(identity);
        fresh.push({ key: newKey(), file, path, size: file.size, sent: 0, state: "new" });
      }
    }
    // As a person reads names: IMG_9 before IMG_10, whatever order the file system has.
    fresh.sort((one, other) => one.path.localeCompare(other.path, undefined, { numeric: true }));
    this.items.push(...fresh);
    this.changed();
    await this.announce();
    return fresh.length;
  }

  /** Announce what the server has not heard of yet, in batches as large as it takes. */
  async announce() {
    const fresh = this.items.filter((item) => item.state === "new");
    this.problem = "";
    for (let start = 0; start < fresh.length; start += this.options.maxBatchFiles) {
      const part = fresh.slice(start, start + this.options.maxBatchFiles);
      if (!(await this.announcePart(part))) {
        return;
      }
    }
  }

  async announcePart(items) {
    let response;
    try {
      response = await this.postManifest(items);
      if ((response.status === 401 || response.status === 403) && (await this.session.check())) {
        response = await this.postManifest(items);
      }
    } catch {
      this.fail(this.options.words.offline);
      return false;
    }
    if (!response.ok) {
      if (!this.session.isLost) {
        this.fail((await reasonOf(response)) || String(response.status));
      }
      return false;
    }
    this.takeAnswer(await response.json(), items);
    this.fillLanes();
    return true;
  }

  postManifest(items) {
    return fetch(this.options.manifestUrl, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", ...this.session.headers },
      body: JSON.stringify({
        purpose: this.options.purpose,
        files: items.map((item) => ({
          clientKey: item.key,
          name: item.file.name,
          size: item.size,
          lastModified: item.file.lastModified,
          relativePath: item.path,
        })),
      }),
    });
  }

  fail(problem) {
    this.problem = problem;
    this.changed();
  }

  takeAnswer(batch, items) {
    const byKey = new Map(items.map((item) => [item.key, item]));
    for (const answer of batch.files) {
      const item = byKey.get(answer.clientKey);
      item.batch = batch;
      item.reason = answer.reason;
      if (answer.alreadyStored) {
        item.state = "already";
      } else if (answer.state === "refused") {
        item.state = "refused";
      } else {
        item.state = "waiting";
      }
    }
    this.batches.push({ url: batch.address });
    this.dispatchEvent(new CustomEvent("batch", { detail: { url: batch.address } }));
    this.changed();
  }

  // --- Lanes

  fillLanes() {
    if (this.isPaused || this.session.isLost) {
      return;
    }
    let busy = 0;
    for (const item of this.items) {
      busy += item.state === "uploading" || item.state === "retrying" ? 1 : 0;
    }
    for (const item of this.items) {
      if (busy >= LANES) {
        break;
      }
      if (item.state === "waiting") {
        this.send(item);
        busy += 1;
      }
    }
    if (busy) {
      this.session.keepAlive();
    } else {
      this.session.rest();
    }
    this.changed();
  }

  send(item) {
    item.state = "uploading";
    item.upload = item.upload || this.makeUpload(item);
    item.upload.start();
  }

  makeUpload(item) {
    return new Upload(item.file, {
      endpoint: item.batch.createAddress,
      chunkSize: this.options.chunkBytes,
      retryDelays: RETRY_DELAYS,
      // What is there already is told by the manifest, in this browser and in any other.
      storeFingerprintForResuming: false,
      metadata: {
        filename: item.file.name,
        relativePath: item.path,
        lastModified: String(item.file.lastModified),
        clientKey: item.key,
        batch: item.batch.uuid,
        purpose: this.options.purpose,
      },
      // Asked anew for each request: the token changes when one logs in again.
      onBeforeRequest: (request) => {
        for (const [name, value] of Object.entries(this.session.headers)) {
          request.setHeader(name, value);
        }
      },
      onShouldRetry: (error) => this.shouldRetry(item, error),
      onProgress: (sent) => {
        item.state = "uploading";
        this.measure(sent - item.sent);
        item.sent = sent;
        this.changed();
      },
      onSuccess: () => {
        this.measure(item.size - item.sent);
        item.sent = item.size;
        this.settle(item, "uploaded");
      },
      onError: (error) => this.takeError(item, error),
    });
  }

  shouldRetry(item, error) {
    const status = statusOf(error);
    if (status && status < 500 && status !== 409 && status !== 423) {
      return false;
    }
    item.state = "retrying";
    this.changed();
    return true;
  }

  async takeError(item, error) {
    const status = statusOf(error);
    if (status === 401 || status === 403) {
      item.state = "waiting";
      // A new token is all that was missing if the session is alive.
      if (await this.session.check()) {
        if (item.forbidden) {
          this.settle(item, "failed", this.options.words.failed);
          return;
        }
        item.forbidden = true;
        this.fillLanes();
      }
      return;
    }
    if (status === 415 || status === 413 || status === 410) {
      this.settle(item, "refused", bodyReason(error));
      return;
    }
    this.settle(item, "failed", bodyReason(error) || this.options.words.failed);
  }

  settle(item, state, reason = "") {
    item.state = state;
    item.reason = reason;
    if (state !== "failed") {
      // 5,000 finished uploads would keep 5,000 files in reach of the collector.
      item.upload = null;
    }
    this.fillLanes();
  }

  // --- The photographer's buttons

  pause() {
    this.isPaused = true;
    this.stopLanes();
  }

  resume() {
    this.isPaused = false;
    this.fillLanes();
  }

  /** Stop sending; what was received stays, and sending goes on from there. */
  stopLanes() {
    for (const item of this.items) {
      if (item.state === "uploading" || item.state === "retrying") {
        item.upload.abort();
        item.state = "waiting";
      }
    }
    this.session.rest();
    this.changed();
  }

  async retry() {
    for (const item of this.items) {
      if (item.state === "failed") {
        item.state = "waiting";
        item.reason = "";
        item.forbidden = false;
      }
    }
    await this.announce();
    this.fillLanes();
  }

  restartRetrying() {
    for (const item of this.items) {
      if (item.state === "retrying") {
        item.upload.abort();
        item.state = "waiting";
      }
    }
    this.fillLanes();
  }

  // --- Figures

  measure(amount) {
    const now = Date.now();
    this.samples.push([now, amount]);
    while (this.samples.length && this.samples[0][0] < now - SPEED_WINDOW) {
      this.samples.shift();
    }
  }

  /** Bytes in a second over the last few, 0 when nothing moves. */
  get speed() {
    const since = Date.now() - SPEED_WINDOW;
    const recent = this.samples.filter(([moment]) => moment >= since);
    if (!recent.length) {
      return 0;
    }
    const total = recent.reduce((sum, [, amount]) => sum + amount, 0);
    return total / Math.max(1, (Date.now() - recent[0][0]) / SECOND);
  }

  get figures() {
    const figures = { files: 0, done: 0, bytes: 0, sent: 0, failed: 0, already: 0, busy: 0 };
    const refused = new Map();
    for (const item of this.items) {
      if (item.state === "refused") {
        refused.set(item.reason, [...(refused.get(item.reason) || []), item]);
      } else if (item.state === "already") {
        figures.already += 1;
      } else {
        figures.files += 1;
        figures.bytes += item.size;
        figures.sent += item.sent;
        figures.done += item.state === "uploaded" ? 1 : 0;
        figures.failed += item.state === "failed" ? 1 : 0;
        figures.busy += item.state === "uploading" || item.state === "retrying" ? 1 : 0;
      }
    }
    return { ...figures, refused };
  }

  /** Whether closing the page would leave files behind. */
  get hasWork() {
    return this.items.some((item) => !FINISHED.has(item.state) && item.state !== "failed");
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }
}

function newKey() {
  if (crypto.randomUUID) {
    return crypto.randomUUID();
  }
  // Plain HTTP in a studio's own network has no randomUUID, but it has random numbers.
  const random = crypto.getRandomValues(new Uint8Array(16));
  random[6] = (random[6] & 0x0f) | 0x40;
  random[8] = (random[8] & 0x3f) | 0x80;
  const hex = Array.from(random, (value) => value.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function statusOf(error) {
  return error.originalResponse ? error.originalResponse.getStatus() : 0;
}

function bodyReason(error) {
  try {
    return JSON.parse(error.originalResponse.getBody()).error || "";
  } catch {
    return "";
  }
}

async function reasonOf(response) {
  try {
    return (await response.json()).error || "";
  } catch {
    return "";
  }
}
