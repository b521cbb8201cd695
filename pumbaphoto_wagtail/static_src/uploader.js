// The upload page: ties the drop zone, the queue, the server's progress and the rows together.

import { Confirmation } from "./uploader/confirmation.js";
import { listenForChoices, listenForDrops } from "./uploader/drop.js";
import { companionWords, sendingWords, stageWords } from "./uploader/figures.js";
import { Progress } from "./uploader/progress.js";
import { Question } from "./uploader/question.js";
import { UploadQueue } from "./uploader/queue.js";
import { Reasons } from "./uploader/reasons.js";
import { refresh } from "./uploader/refresh.js";
import { Rows } from "./uploader/rows.js";
import { Session } from "./uploader/session.js";
import { keepTab } from "./uploader/staying.js";
import { Summary } from "./uploader/summary.js";
import { Visits } from "./uploader/visits.js";
import { fill, number, percent, setText } from "./uploader/words.js";

const DRAW_MILLISECONDS = 150;
const LIVE_SECONDS = 15;
const REFRESH_SECONDS = 10;

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
    this.title = document.title;
    this.told = "";
    this.saidAt = 0;
    this.refreshedAt = Date.now();
    this.readyCount = 0;
    this.makeParts();
    this.connect();
    for (const { url, title, isMine } of this.options.batches) {
      this.progress.follow(url, { title, isMine, isEarlier: true });
    }
  }

  part(name) {
    return this.root.querySelector(`[data-pumba-${name}]`);
  }

  makeParts() {
    const { words, queue } = this;
    const { ledger } = queue;
    this.confirmation = new Confirmation(this.part("confirm"));
    this.rows = new Rows(this.root, words, ledger, {
      remove: (item) => queue.remove([item]),
      retry: (item) => queue.retryItem(item),
    });
    this.reasons = new Reasons(this.part("refused"), words, ledger, (group) =>
      this.rows.showGroup(group),
    );
    this.question = new Question(this.part("question"), words, (batch, answer) =>
      this.answer(batch, answer),
    );
    this.visits = new Visits(this.root, words, ledger, {
      again: () => this.chooseFolder(),
      show: () => this.rows.showMissing(),
      giveUp: (batch) => this.askToGiveUp(words.giveUpVisit, () => this.giveUpBatch(batch)),
    });
    this.summary = new Summary(this.part("summary"), words, this.options.logUrl);
  }

  connect() {
    const draw = () => this.drawSoon();
    const { queue, progress } = this;
    queue.addEventListener("change", draw);
    queue.addEventListener("batch", ({ detail }) => {
      progress.follow(detail.address);
      if (detail.counts) {
        progress.take(detail.address, detail);
      }
    });
    progress.addEventListener("change", draw);
    progress.addEventListener("document", ({ detail }) => queue.takeDocument(detail));
    progress.addEventListener("over", () => this.refreshPage());
    const take = (files) => this.take(files);
    listenForDrops(this.part("overlay"), take);
    this.chooseFolder = listenForChoices(this.root, take);
    const acts = {
      pause: () => queue.pause(),
      resume: () => queue.resume(),
      retry: () => queue.retry(),
      close: () => this.close(),
      "give-up": () => this.askToGiveUp(this.words.giveUpRest, () => this.giveUpRest()),
      "leave-raw": () => queue.removeCompanions(),
    };
    for (const [name, act] of Object.entries(acts)) {
      this.part(name).addEventListener("click", act);
    }
    this.part("login").href = this.options.loginUrl;
    keepTab(() => queue.hasWork, this.words.leave);
    window.addEventListener("offline", draw);
    window.addEventListener("online", draw);
  }

  // --- What the photographer does

  async take(files) {
    this.part("queue").hidden = false;
    this.tell(this.words.reading);
    const found = await files;
    if (!found.length) {
      this.tell(this.words.nothing);
      return;
    }
    this.tell(this.words.announcing);
    await this.queue.add(found);
    this.told = "";
    this.say(sendingWords(this.queue, this.words));
    this.drawSoon();
  }

  /** Say what goes on before there are figures. */
  tell(words) {
    this.told = words;
    this.say(words);
    this.drawSoon();
  }

  async answer(batch, answer) {
    let response;
    try {
      response = await fetch(batch.document.answerAddress, {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": "application/json", ...this.session.headers },
        body: JSON.stringify({ answer }),
      });
    } catch {
      return this.words.offline;
    }
    if (response.status === 401 || response.status === 403) {
      await this.session.check();
    }
    this.progress.hurry(batch.url);
    if (!response.ok) {
      return response.status === 409 ? "" : this.words.serverTrouble;
    }
    this.progress.take(batch.url, await response.json());
    this.drawSoon();
    return "";
  }

  askToGiveUp(sentence, act) {
    const count = number(this.queue.figures.open);
    this.confirmation.ask(fill(sentence, { count }), act);
  }

  /** Whatever of this page has not arrived will not come. */
  giveUpRest() {
    this.queue.removeAll();
    this.part("choose-folder").focus();
  }

  async giveUpBatch(batch) {
    const document = await this.queue.givingUp.batch(batch.url);
    if (document) {
      this.progress.hurry(batch.url);
      this.progress.take(batch.url, document);
    } else {
      this.say(this.words.serverTrouble);
    }
    this.drawSoon();
    this.part("choose-folder").focus();
  }

  close() {
    this.part("queue").hidden = true;
    this.told = "";
    this.queue.ledger.clear();
    this.progress.forget();
    this.summary.clear();
    this.refreshPage();
    this.part("choose-folder").focus();
  }

  // --- What is shown

  drawSoon() {
    if (!this.isDrawPlanned) {
      this.isDrawPlanned = true;
      // A hidden tab draws no frames, but its title and live region should be right at once.
      window.setTimeout(() => {
        this.isDrawPlanned = false;
        this.draw();
      }, DRAW_MILLISECONDS);
    }
  }

  draw() {
    const { queue, progress } = this;
    const sending = queue.figures;
    const served = progress.figures;
    const hasRows = queue.ledger.items.length > 0;
    if (!hasRows && !served.moving && this.part("queue").hidden) {
      return;
    }
    this.part("queue").hidden = false;
    // What was dropped has the room now.
    this.root.classList.add("pumba-uploader--small");
    this.drawTotal(sending);
    this.drawProcessing(served);
    this.drawTrouble();
    this.drawButtons(sending, served);
    this.drawPanels();
    this.part("files-list").hidden = !hasRows;
    this.rows.show();
    this.sayFigures(sending, served);
    this.refreshNowAndThen(served);
  }

  drawTotal(sending) {
    const total = this.part("total");
    const isSending = sending.files > 0;
    const share = sending.bytes ? sending.sent / sending.bytes : 1;
    total.hidden = !isSending;
    total.value = share;
    const words = [this.told, sendingWords(this.queue, this.words)];
    setText(this.part("figures"), words.filter(Boolean).join(" · "));
    const progress = sending.open ? `${percent(share)} · ` : "";
    document.title = progress + this.title;
  }

  drawProcessing(served) {
    this.part("processing").hidden = !served.received;
    this.part("processed").value = served.received
      ? (served.ready + served.lost) / served.received
      : 0;
    setText(this.part("stages"), served.received ? stageWords(served, this.words) : "");
  }

  drawTrouble() {
    const words = this.troubleWords();
    const isNew = words && this.part("trouble-words").textContent !== words;
    this.part("trouble").hidden = !words;
    setText(this.part("trouble-words"), words);
    this.part("login").hidden = !this.session.isLost;
    if (isNew) {
      this.say(words);
    }
  }

  troubleWords() {
    const { queue, words } = this;
    if (this.session.isLost) {
      return words.login;
    }
    if (!navigator.onLine) {
      return words.offline;
    }
    if (queue.problem) {
      return fill(words.announceFailed, { reason: queue.problem });
    }
    return queue.hasWork ? queue.trouble : "";
  }

  drawButtons(sending, served) {
    const { hasWork, isPaused, problem } = this.queue;
    this.toggle("pause", hasWork && sending.open > 0 && !isPaused && !this.session.isLost);
    this.toggle("resume", hasWork && isPaused);
    this.toggle("retry", sending.failed > 0 || Boolean(problem));
    this.toggle("give-up", sending.open > 0);
    this.toggle("close", !hasWork && !served.moving && !this.queue.isIncomplete);
    this.part("stay").hidden = !sending.open;
  }

  /** A button that goes while it has the focus hands it to one that is there. */
  toggle(name, isShown) {
    const button = this.part(name);
    if (button.hidden !== isShown) {
      return;
    }
    const hadFocus = document.activeElement === button;
    button.hidden = !isShown;
    if (hadFocus) {
      const next = this.part("buttons").querySelector("button:not([hidden])");
      (next || this.part("choose-folder")).focus();
    }
  }

  drawPanels() {
    const known = this.progress.known;
    const asked = this.question.draw(known);
    if (asked) {
      this.say(asked);
    }
    const { companions } = this.queue.ledger;
    this.part("raw").hidden = !companions.count;
    setText(this.part("raw-words"), companions.count ? companionWords(this.queue, this.words) : "");
    this.reasons.draw();
    this.visits.draw(known);
    this.summary.draw(known);
  }

  // --- For those who listen, and for the rest of the page

  say(text) {
    this.saidAt = Date.now();
    this.part("live").textContent = text;
  }

  sayFigures(sending, served) {
    const isOver = !this.queue.hasWork && !served.moving && served.received > 0;
    if (isOver && this.hasSaidEnd === false) {
      this.say(stageWords(served, this.words));
    } else if (sending.busy && Date.now() - this.saidAt > LIVE_SECONDS * 1000) {
      const values = { done: number(sending.done), total: number(sending.files) };
      this.say(fill(this.words.progressLive, values));
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
