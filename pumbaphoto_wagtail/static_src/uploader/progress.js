// What the server does with the files once they are there: virus scan, then pictures.

const MOVING = ["received", "scanning", "waiting", "clean", "rendering"];
const POLL_SECONDS = 2;
// The state of each file is asked for less often than the counts, and not for the largest batches.
const FILES_SECONDS = 8;
const MOST_FILES = 1000;

export class Progress extends EventTarget {
  constructor(session) {
    super();
    this.session = session;
    this.batches = new Map();
  }

  /** Follow a batch until every file of it has come to an end. */
  follow(url) {
    if (!this.batches.has(url)) {
      this.batches.set(url, { url, document: null, isOver: false, filesAt: 0 });
      this.start();
    }
  }

  start() {
    if (!this.timer) {
      this.timer = window.setInterval(() => this.poll(), POLL_SECONDS * 1000);
      this.poll();
    }
  }

  async poll() {
    const open = [...this.batches.values()].filter((batch) => !batch.isOver);
    if (!open.length) {
      window.clearInterval(this.timer);
      this.timer = null;
      return;
    }
    if (this.session.isLost || this.isPolling) {
      return;
    }
    this.isPolling = true;
    try {
      await Promise.all(open.map((batch) => this.ask(batch)));
    } finally {
      this.isPolling = false;
    }
    this.dispatchEvent(new Event("change"));
  }

  async ask(batch) {
    const announced = batch.document ? batch.document.counts.announced : MOST_FILES + 1;
    const wantsFiles =
      announced <= MOST_FILES && Date.now() - batch.filesAt > FILES_SECONDS * 1000;
    await this.fetchInto(batch, wantsFiles);
    if (!batch.document) {
      return;
    }
    const moving = MOVING.reduce((sum, stage) => sum + batch.document.stages[stage], 0);
    const waiting = batch.document.counts.waiting + batch.document.counts.uploading;
    if (!moving && !waiting && !batch.document.counts.received) {
      if (announced <= MOST_FILES) {
        await this.fetchInto(batch, true);
      }
      batch.isOver = true;
      this.dispatchEvent(new Event("over"));
    }
  }

  async fetchInto(batch, wantsFiles) {
    let response;
    try {
      response = await fetch(wantsFiles ? batch.url : `${batch.url}?files=0`, {
        headers: { Accept: "application/json" },
        credentials: "same-origin",
      });
    } catch {
      return;
    }
    if (response.status === 401) {
      await this.session.check();
    } else if (response.status === 404) {
      batch.isOver = true;
    } else if (response.ok) {
      batch.document = await response.json();
      if (batch.document.files) {
        batch.filesAt = Date.now();
        this.dispatchEvent(new CustomEvent("files", { detail: batch.document.files }));
      }
    }
  }

  /** All followed batches together. */
  get figures() {
    const figures = { received: 0, scanning: 0, waiting: 0, rendering: 0, ready: 0, lost: 0 };
    for (const { document: batch } of this.batches.values()) {
      if (!batch) {
        continue;
      }
      const { stages } = batch;
      figures.scanning += stages.received + stages.scanning;
      figures.waiting += stages.waiting;
      figures.rendering += stages.clean + stages.rendering;
      figures.ready += stages.ready;
      figures.lost += stages.blocked + stages.infected + stages.failed + stages.missing;
    }
    figures.moving = figures.scanning + figures.waiting + figures.rendering;
    figures.received = figures.moving + figures.ready + figures.lost;
    return figures;
  }
}
