// The queue: announces files, sends them in a few lanes, and never forgets one.

import { Announcer } from "./announcing.js";
import { Earlier, stateOf } from "./earlier.js";
import { companions } from "./files.js";
import { follow } from "./following.js";
import { GivingUp } from "./giving_up.js";
import { newKey } from "./keys.js";
import { isOpen, Ledger, WAITING } from "./ledger.js";
import { Lanes } from "./lanes.js";
import { inReadingOrder } from "./order.js";
import { send } from "./sending.js";
import { Speed } from "./speed.js";
import { pause } from "./words.js";

// Files of a long answer that are taken before the browser may draw and answer in between.
const BREATH = 1000;

export class UploadQueue extends EventTarget {
  constructor({ options, session }) {
    super();
    this.options = options;
    this.session = session;
    this.ledger = new Ledger();
    this.earlier = new Earlier();
    this.speed = new Speed();
    this.givingUp = new GivingUp(session, () => this.changed());
    this.lanes = new Lanes({
      start: (item) => this.send(item),
      isOpen: () => !this.isPaused && !this.session.isLost,
    });
    this.announcer = new Announcer({
      options,
      session,
      onTrouble: (words) => this.setTrouble(words),
    });
    this.others = new Set(options.batches.filter(({ isMine }) => !isMine).map(({ url }) => url));
    this.known = new Map();
    this.batches = new Map();
    this.announcing = Promise.resolve();
    this.isPaused = false;
    // What the server says while it cannot take anything, and what it says it never will take.
    this.trouble = "";
    this.problem = "";
    window.addEventListener("online", () => this.lanes.retryAll());
  }

  // --- Taking files

  /** Take files into the queue, go on with those of earlier visits, announce the rest. */
  async add(files) {
    const beside = new Set(this.options.purpose === "original" ? companions(files) : []);
    const fresh = [];
    for (const found of files) {
      const identity = `${found.path}\n${found.file.size}\n${found.file.lastModified}`;
      const known = this.known.get(identity);
      if (known) {
        this.takeAgain(known, found.file);
        continue;
      }
      const item = this.earlier.take(found) || null;
      if (item) {
        this.known.set(identity, item);
        this.ledger.change(item, { file: found.file, isHere: true, state: this.firstState(item) });
        this.lanes.push([item]);
      } else {
        fresh.push({ ...found, identity, isCompanion: beside.has(found) });
      }
    }
    for (const { file, path, identity, isCompanion } of await inReadingOrder(fresh)) {
      const facts = { key: newKey(), path, size: file.size, file, isCompanion };
      this.known.set(identity, this.ledger.add(facts));
    }
    this.changed();
    this.lanes.fill();
    await this.announce();
  }

  /** A file that is dropped once more: wanted after all, or there already. */
  takeAgain(item, file) {
    if (item.state === "removed") {
      const anew = { key: newKey(), uuid: "", batch: null, isBegun: false };
      this.ledger.change(item, { ...anew, file, isHere: true, state: "new", reason: "", sent: 0 });
    } else if (item.state === "failed") {
      this.ledger.change(item, { file, upload: null });
      this.retryItem(item);
    }
  }

  /** Announce what the server has not heard of yet; one manifest after the other. */
  announce() {
    this.announcing = this.announcing.then(() => this.announceNew());
    return this.announcing;
  }

  async announceNew() {
    this.problem = "";
    for (;;) {
      const fresh = this.ledger.items.filter((item) => item.state === "new");
      if (!fresh.length || this.session.isLost) {
        break;
      }
      const part = fresh.slice(0, this.options.maxBatchFiles);
      const batch = await this.announcer.announce(part);
      if (!batch) {
        this.problem = this.announcer.problem;
        break;
      }
      await this.takeAnswer(batch, part);
    }
    this.changed();
  }

  async takeAnswer(batch, items) {
    const answers = new Map(batch.files.map((answer) => [answer.clientKey, answer]));
    const shared = this.sharedFor(batch);
    const unwanted = [];
    for (const [index, item] of items.entries()) {
      if (index % BREATH === BREATH - 1) {
        await pause();
      }
      const answer = answers.get(item.key);
      const isRemoved = item.state === "removed";
      this.ledger.change(item, {
        batch: shared,
        uuid: answer.uuid,
        isSameName: Boolean(answer.sameName),
        reason: answer.reason || "",
        state: isRemoved ? "removed" : this.stateAfter(answer, shared),
      });
      if (isRemoved) {
        unwanted.push(item);
      }
    }
    this.givingUp.items(unwanted);
    this.line(items);
    this.dispatchEvent(new CustomEvent("batch", { detail: batch }));
    this.lanes.fill();
  }

  stateAfter(answer, batch) {
    const state = stateOf(answer);
    return state === "missing" ? this.firstState({ isSameName: answer.sameName, batch }) : state;
  }

  firstState(item) {
    return item.isSameName && item.batch.isAsking ? "asking" : "waiting";
  }

  /** Proofs first: a client can choose while the RAW files are still on their way. */
  line(items) {
    const waiting = items.filter((item) => item.state === "waiting");
    this.lanes.push(waiting.filter((item) => !item.isCompanion));
    this.lanes.push(waiting.filter((item) => item.isCompanion), true);
  }

  // --- Sending

  send(item) {
    this.ledger.change(item, { state: "uploading" });
    this.session.keepAlive();
    send(item, {
      options: this.options,
      session: this.session,
      on: {
        progress: (sent) => this.takeProgress(item, sent),
        accepted: () => {
          this.lanes.succeed(item);
          this.setTrouble("");
        },
        success: () => this.settle(item, "uploaded"),
        error: (trouble) => this.takeTrouble(item, trouble),
      },
    });
    this.changed();
  }

  takeProgress(item, sent) {
    if (sent > item.sent) {
      this.speed.add(sent - item.sent);
    }
    this.ledger.setSent(item, sent);
    this.changed();
  }

  async takeTrouble(item, { kind, reason, wait, status }) {
    if (item.state !== "uploading") {
      return;
    }
    if (kind === "trouble") {
      this.ledger.change(item, { state: "retrying" });
      this.lanes.tryLater(item, wait);
      if (reason && status >= 500) {
        this.setTrouble(reason);
      } else if (this.lanes.isServerInTrouble) {
        this.setTrouble(status ? this.options.words.serverTrouble : this.options.words.offline);
      }
      this.changed();
    } else if (kind === "session") {
      await this.takeLostSession(item);
    } else {
      this.settle(item, status === 410 ? "removed" : kind, reason || this.options.words.failed);
    }
  }

  async takeLostSession(item) {
    this.lanes.leave(item);
    this.ledger.change(item, { state: "waiting" });
    this.lanes.push([item]);
    // A new token is all that was missing if the session is alive.
    if (await this.session.check()) {
      if (item.isForbidden) {
        this.settle(item, "failed", this.options.words.failed);
        return;
      }
      item.isForbidden = true;
      this.lanes.fill();
    }
  }

  settle(item, state, reason = "") {
    this.lanes.leave(item);
    if (state === "uploaded") {
      this.lanes.succeed(item);
      this.ledger.setSent(item, item.size);
    }
    this.ledger.change(item, { state, reason, isSent: state === "uploaded" });
    if (state !== "failed") {
      // 5,000 finished uploads would keep 5,000 files in reach of the collector.
      item.upload = null;
      item.file = null;
    }
    this.goOn();
  }

  goOn() {
    this.lanes.fill();
    if (!this.lanes.busy) {
      this.session.rest();
    }
    this.changed();
  }

  /** Follow what the server says of the files of a batch, this page's or an earlier visit's. */
  takeDocument(batch) {
    return follow(this, batch);
  }

  /** What the items of a batch have in common; the document with its files is not kept. */
  sharedFor(batch) {
    if (!this.batches.has(batch.uuid)) {
      const { uuid, address, createAddress } = batch;
      this.batches.set(uuid, { uuid, address, createAddress, isAsking: false });
    }
    const shared = this.batches.get(batch.uuid);
    shared.isAsking = Boolean(batch.question && batch.question.isOpen);
    return shared;
  }

  // --- The photographer's buttons

  pause() {
    this.isPaused = true;
    this.stopLanes();
  }

  resume() {
    this.isPaused = false;
    this.goOn();
  }

  /** Stop sending; what was received stays, and sending goes on from there. */
  stopLanes() {
    for (const item of this.lanes.stop()) {
      item.upload.abort();
      this.ledger.change(item, { state: "waiting" });
    }
    this.session.rest();
    this.changed();
  }

  /** Try everything again that failed, and what could not be announced. */
  retry() {
    this.ledger.items.filter((item) => item.state === "failed").forEach((item) => this.retryItem(item));
    this.goOn();
    this.givingUp.next();
    return this.announce();
  }

  retryItem(item) {
    const state = item.batch ? "waiting" : "new";
    this.ledger.change(item, { state, reason: "", attempts: 0, isForbidden: false });
    this.line([item]);
    this.goOn();
  }

  /** Take items out of the queue, and tell the server that they will not come. */
  remove(items) {
    this.givingUp.items(this.takeOut(items));
  }

  takeOut(items) {
    const leaving = items.filter((item) => isOpen(item) || ["failed", "missing"].includes(item.state));
    for (const item of leaving) {
      if (item.upload) {
        item.upload.abort();
      }
      this.lanes.leave(item);
      this.ledger.change(item, { state: "removed", reason: "", upload: null });
    }
    this.goOn();
    return leaving;
  }

  /** Remove all that this page has not sent: a batch of which nothing else is open, in one go. */
  async removeAll() {
    const { items } = this.ledger;
    const leaving = this.takeOut(items.filter((item) => item.isHere && isOpen(item)));
    const others = new Set(items.filter(({ state }) => state === "missing").map(({ batch }) => batch));
    for (const batch of new Set(leaving.map((item) => item.batch).filter(Boolean))) {
      const document = others.has(batch) ? null : await this.givingUp.batch(batch.address);
      if (document) {
        this.dispatchEvent(new CustomEvent("batch", { detail: document }));
      } else {
        this.givingUp.items(leaving.filter((item) => item.batch === batch));
      }
    }
  }

  /** Leave out the RAW files that have a JPEG beside them, as far as they have not been begun. */
  removeCompanions() {
    this.remove(this.ledger.items.filter((item) => item.isCompanion && WAITING.has(item.state)));
  }

  // --- Figures

  get figures() {
    return this.ledger.figures;
  }

  /** Whether closing the page would leave files behind. */
  get hasWork() {
    return this.figures.open > 0 || this.givingUp.isBusy;
  }

  /** Whether files of an earlier visit have not arrived. */
  get isIncomplete() {
    return Boolean(this.ledger.states["missing elsewhere"]);
  }

  setTrouble(words) {
    if (this.trouble !== words) {
      this.trouble = words;
      this.changed();
    }
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }
}
