// The upload page: ties the drop zone, the queue, the server's progress and the rows together.

import { listen } from "./uploader/drop.js";
import { Progress } from "./uploader/progress.js";
import { UploadQueue } from "./uploader/queue.js";
import { refresh } from "./uploader/refresh.js";
import { Rows } from "./uploader/rows.js";
import { Session } from "./uploader/session.js";
import { bytes, duration, fill, number } from "./uploader/words.js";

const LIVE_SECONDS = 15;
const REFRESH_SECONDS = 10;
const REASONS_NAMED = 30;

class Uploader {
  constructor(root) {
    this.root = root;
    this.options = JSON.parse(document.getElementById("pumba-uploader-options").textContent);
    this.words = this.options.words;
    this.session = new Session(this.options.sessionUrl, {
      onLost: () => this.queue.stopLanes(),
      onBack: () => this.queue.retry(),
    });
    this.queue = new UploadQueue({ options: this.options, session: this.session });
    this.progress = new Progress(this.session);
    this.rows = new Rows(root, this.words);
    this.saidAt = 0;
    this.refreshedAt = Date.now();
    this.readyCount = 0;
    this.connect();
    this.options.batchUrls.forEach((url) => this.progress.follow(url));
  }

  part(name) {
    return this.root.querySelector(`[data-pumba-${name}]`);
  }

  connect() {
    const draw = () => this.drawSoon();
    this.queue.addEventListener("change", draw);
    this.queue.addEventListener("batch", (event) => this.progress.follow(event.detail.url));
    this.progress.addEventListener("change", draw);
    this.progress.addEventListener("files", (event) => this.takeStages(event.detail));
    this.progress.addEventListener("over", () => this.refreshPage());
    listen(this.root, (files) => this.take(files));
    this.part("pause").addEventListener("click", () => this.queue.pause());
    this.part("resume").addEventListener("click", () => this.queue.resume());
    this.part("retry").addEventListener("click", () => this.queue.retry());
    this.part("close").addEventListener("click", () => this.close());
    this.part("login").href = this.options.loginUrl;
    window.addEventListener("beforeunload", (event) => {
      if (this.queue.hasWork) {
        event.preventDefault();
        event.returnValue = this.words.leave;
      }
    });
    window.addEventListener("offline", draw);
    window.addEventListener("online", draw);
  }

  async take(files) {
    this.part("queue").hidden = false;
    this.say(this.words.reading);
    this.part("figures").textContent = this.words.reading;
    const found = await files;
    if (!found.length) {
      this.say(this.words.nothing);
      this.part("figures").textContent = this.words.nothing;
      this.part("close").hidden = false;
      return;
    }
    this.part("figures").textContent = this.words.announcing;
    await this.queue.add(found);
    this.say(this.figureWords(this.queue.figures));
  }

  takeStages(files) {
    const byKey = new Map(this.queue.items.map((item) => [item.key, item]));
    for (const file of files) {
      const item = byKey.get(file.clientKey);
      if (item && item.state === "uploaded") {
        item.stage = file.stage;
        item.stageLabel = file.stageLabel;
        item.reason = file.reason;
      }
    }
    this.drawSoon();
  }

  close() {
    this.part("queue").hidden = true;
    this.queue.items = this.queue.items.filter((item) => item.state === "failed");
    this.refreshPage();
  }

  // --- What is shown

  drawSoon() {
    if (!this.isDrawPlanned) {
      this.isDrawPlanned = true;
      // A hidden tab draws no frames, but its title and live region should be right at once.
      window.setTimeout(() => {
        this.isDrawPlanned = false;
        this.draw();
      }, 100);
    }
  }

  draw() {
    const sending = this.queue.figures;
    const served = this.progress.figures;
    const hasQueue = this.queue.items.length > 0;
    if (!hasQueue && !served.moving && this.part("queue").hidden) {
      return;
    }
    this.part("queue").hidden = false;
    this.drawTotal(sending, hasQueue);
    this.drawProcessing(served);
    this.drawTrouble();
    this.drawRefused(sending);
    this.drawButtons(sending, served);
    this.rows.show(this.queue.items);
    this.root.querySelector(".pumba-rows").hidden = !hasQueue;
    this.sayFigures(sending, served);
    this.refreshNowAndThen(served);
  }

  drawTotal(sending, hasQueue) {
    const total = this.part("total");
    total.hidden = !hasQueue;
    total.value = sending.bytes ? sending.sent / sending.bytes : 1;
    this.part("figures").textContent = hasQueue ? this.figureWords(sending) : "";
  }

  figureWords(sending) {
    const { words } = this;
    const parts = [];
    if (sending.files) {
      parts.push(
        fill(words.fileOf, { done: number(sending.done), total: number(sending.files) }),
        fill(words.bytesOf, { done: bytes(sending.sent), total: bytes(sending.bytes) }),
      );
    }
    const { speed } = this.queue;
    if (sending.busy && speed > 0) {
      parts.push(fill(words.speed, { speed: bytes(speed) }));
      const left = (sending.bytes - sending.sent) / speed;
      parts.push(fill(words.left, { time: duration(left, words) }));
    }
    if (this.queue.isPaused) {
      parts.push(words.paused);
    }
    if (sending.already) {
      parts.push(fill(words.alreadySummary, { count: number(sending.already) }));
    }
    if (!this.queue.hasWork && sending.done) {
      parts.push(words.afterUpload);
    }
    return parts.join(" · ");
  }

  drawProcessing(served) {
    this.part("processing").hidden = !served.received;
    this.part("processed").value = served.received
      ? (served.ready + served.lost) / served.received
      : 0;
    this.part("stages").textContent = this.stageWords(served);
  }

  stageWords(served) {
    const { words } = this;
    const values = { ready: number(served.ready), count: number(served.received) };
    const lost = served.lost ? [fill(words.lostCount, { count: number(served.lost) })] : [];
    if (!served.moving) {
      const end = fill(served.lost ? words.readyOf : words.allReady, values);
      return [end, ...lost].join(" · ");
    }
    const parts = [fill(words.readyOf, values)];
    for (const stage of ["scanning", "waiting", "rendering"]) {
      if (served[stage]) {
        parts.push(fill(words[`${stage}Count`], { count: number(served[stage]) }));
      }
    }
    return [...parts, ...lost].join(" · ");
  }

  drawTrouble() {
    const words = this.troubleWords();
    this.part("trouble").hidden = !words;
    this.part("trouble-words").textContent = words;
    this.part("login").hidden = !this.session.isLost;
  }

  troubleWords() {
    if (this.session.isLost) {
      return this.words.login;
    }
    if (!navigator.onLine) {
      return this.words.offline;
    }
    return this.queue.problem
      ? fill(this.words.announceFailed, { reason: this.queue.problem })
      : "";
  }

  drawRefused(sending) {
    const { refused } = sending;
    this.part("refused").hidden = !refused.size;
    const count = [...refused.values()].reduce((sum, items) => sum + items.length, 0);
    this.part("refused-title").textContent = fill(this.words.refusedTitle, {
      count: number(count),
    });
    const entries = [...refused].slice(0, REASONS_NAMED).map(([reason, items]) => {
      const entry = document.createElement("li");
      entry.textContent = fill(this.words.refusedSummary, {
        count: number(items.length),
        reason: reason || this.words.refused,
      });
      entry.title = items
        .slice(0, REASONS_NAMED)
        .map((item) => item.path)
        .join("\n");
      return entry;
    });
    this.part("refused-list").replaceChildren(...entries);
  }

  drawButtons(sending, served) {
    const { hasWork, isPaused, problem } = this.queue;
    this.part("pause").hidden = !hasWork || isPaused || this.session.isLost;
    this.part("resume").hidden = !hasWork || !isPaused;
    this.part("retry").hidden = !(sending.failed || problem);
    this.part("close").hidden = hasWork || served.moving > 0;
  }

  // --- For those who listen, and for the rest of the page

  say(text) {
    this.saidAt = Date.now();
    this.part("live").textContent = text;
  }

  sayFigures(sending, served) {
    const isOver = !this.queue.hasWork && !served.moving && served.received > 0;
    if (isOver && !this.hasSaidEnd) {
      this.say(this.stageWords(served));
    } else if (this.queue.hasWork && Date.now() - this.saidAt > LIVE_SECONDS * 1000) {
      this.say(
        fill(this.words.progressLive, {
          done: number(sending.done),
          total: number(sending.files),
        }),
      );
    }
    this.hasSaidEnd = isOver;
  }

  refreshNowAndThen(served) {
    const isDue = Date.now() - this.refreshedAt > REFRESH_SECONDS * 1000;
    if (served.ready > this.readyCount && isDue && window.scrollY < window.innerHeight) {
      this.readyCount = served.ready;
      this.refreshPage();
    }
  }

  refreshPage() {
    this.refreshedAt = Date.now();
    refresh();
  }
}

const root = document.querySelector("[data-pumba-uploader]");
if (root) {
  new Uploader(root);
}
