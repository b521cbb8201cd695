// What the server does with the files once they are there: virus scan, then pictures.

const POLL_SECONDS = 2;
// A batch in which nothing has happened for a while is asked for less often, up to this.
const LONGEST_SECONDS = 30;
const STAGES = {
  scanning: ["received", "scanning"],
  waiting: ["waiting"],
  rendering: ["clean", "rendering"],
  ready: ["ready"],
  lost: ["blocked", "infected", "failed", "missing", "deleted"],
};

export class Progress extends EventTarget {
  constructor(session) {
    super();
    this.session = session;
    this.batches = new Map();
  }

  /** Follow a batch until every file of it has come to an end. `facts` are kept beside it. */
  follow(url, facts = {}) {
    if (!this.batches.has(url)) {
      this.batches.set(url, {
        url,
        document: null,
        cursor: null,
        isOver: false,
        seconds: POLL_SECONDS,
        dueAt: 0,
        movedAt: 0,
        ...facts,
      });
      this.start();
    }
  }

  /** Let go of what has come to its end. */
  forget() {
    for (const [url, batch] of this.batches) {
      if (batch.isOver) {
        this.batches.delete(url);
      }
    }
  }

  start() {
    if (!this.timer) {
      this.timer = window.setInterval(() => this.poll(), POLL_SECONDS * 1000);
      this.poll();
    }
  }

  /** Ask at once: something was just decided. */
  hurry(url) {
    const batch = this.batches.get(url);
    Object.assign(batch, { isOver: false, dueAt: 0, seconds: POLL_SECONDS });
    this.start();
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
      // One after the other: a first answer may tell of 5,000 files.
      for (const batch of open.filter(({ dueAt }) => dueAt <= Date.now())) {
        await this.ask(batch);
      }
    } finally {
      this.isPolling = false;
    }
    this.dispatchEvent(new Event("change"));
  }

  async ask(batch) {
    const since = batch.cursor === null ? "" : `?changed=${encodeURIComponent(batch.cursor)}`;
    let response;
    try {
      response = await fetch(`${batch.url}${since}`, {
        headers: { Accept: "application/json" },
        credentials: "same-origin",
      });
      if (response.ok) {
        this.take(batch.url, await response.json());
      }
    } catch {
      return;
    }
    if (response.status === 401) {
      await this.session.check();
    } else if (response.status === 404) {
      batch.isOver = true;
    } else if (!response.ok) {
      this.slowDown(batch);
    }
  }

  /** Take a batch's document, however it came. */
  take(url, document) {
    const batch = this.batches.get(url);
    const signature = JSON.stringify([document.counts, document.stages, document.receivedBytes]);
    if (batch.signature !== signature) {
      batch.movedAt = batch.signature ? Date.now() : 0;
      batch.signature = signature;
      batch.seconds = POLL_SECONDS;
      batch.dueAt = 0;
    } else {
      this.slowDown(batch);
    }
    if (document.cursor !== undefined) {
      batch.cursor = document.cursor;
    }
    this.dispatchEvent(new CustomEvent("document", { detail: document }));
    // The rows have taken the files; of the batch only the sums are needed.
    batch.document = { ...document, files: null };
    this.endIfOver(batch);
  }

  slowDown(batch) {
    batch.seconds = Math.min(batch.seconds * 1.5, LONGEST_SECONDS);
    batch.dueAt = Date.now() + batch.seconds * 1000;
  }

  endIfOver(batch) {
    const { counts, question } = batch.document;
    const open = counts.waiting + counts.uploading + counts.received + (counts.asked || 0);
    if (!open && !this.sum(batch, "moving") && !(question && question.isOpen)) {
      batch.isOver = true;
      this.dispatchEvent(new Event("over"));
    }
  }

  /** How many files of a batch are in one of the stages that go by `name`. */
  sum(batch, name) {
    if (name === "moving") {
      return ["scanning", "waiting", "rendering"].reduce((sum, of) => sum + this.sum(batch, of), 0);
    }
    const { stages } = batch.document;
    return STAGES[name].reduce((sum, stage) => sum + (stages[stage] || 0), 0);
  }

  /** Batches with a document, in the order in which they were followed. */
  get known() {
    return [...this.batches.values()].filter((batch) => batch.document);
  }

  /** All followed batches together. */
  get figures() {
    const figures = { moving: 0, lost: 0, ready: 0, asked: 0 };
    for (const name of Object.keys(STAGES)) {
      figures[name] = this.known.reduce((sum, batch) => sum + this.sum(batch, name), 0);
    }
    figures.asked = this.known.reduce((sum, batch) => sum + (batch.document.counts.asked || 0), 0);
    figures.moving = figures.scanning + figures.waiting + figures.rendering;
    figures.received = figures.moving + figures.ready + figures.lost;
    return figures;
  }
}
