import { sentence, words } from "../gallery/words.js";
import { Card } from "./card.js";
import { Ended, Feed, GivenFeed, Unreachable } from "./feed.js";
import { Frames, isStill } from "./frames.js";
import { Kept } from "./kept.js";
import { Awake, fill } from "./screen.js";
import { Store } from "./store.js";
import { Tools } from "./tools.js";
import { shuffled, Turn } from "./turn.js";

// So many pictures are decoded before they are shown, and what is new comes behind them.
const AHEAD = 2;
// Of so many photos the addresses are known in advance; a party's pictures are kept as well.
const KNOWN = 12;
const KNOWN_AT_A_PARTY = 120;
const KEEP_EVERY_MS = 1500;
const NEWS_EVERY_MS = 60_000;
// How long a picture may take beyond its turn.
const PATIENCE_MS = 8000;
const RETRIES_MS = [5000, 10_000, 20_000, 40_000, 60_000];
// What has still to be made is waited for so many times.
const MOST_WAITS = 3;

const find = (name) => document.querySelector(`[data-show-${name}]`);
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Photo after photo, each for a while from when it is there to be seen. */
export class Show {
  #start;
  #feed;
  #store;
  #turn = new Turn();
  #frames = new Frames(find("frames"));
  #kept = new Kept();
  #awake = new Awake();
  #card = new Card();
  #tools;
  #version = "";
  #timer = 0;
  #newsTimer = 0;
  #moves = 0;
  #failures = 0;
  #isOver = false;
  // Resolved when it is known what there is, or that nobody answers.
  #ready = null;
  #waits = new Map();
  isPlaying = false;

  constructor(start) {
    this.#start = start;
    this.#feed = start.feed ? new Feed(start) : new GivenFeed(start);
    this.#store = new Store(this.#feed);
    this.#tools = new Tools(this, start);
    this.seconds = start.seconds;
    document.addEventListener("visibilitychange", () => this.#schedule());
    window.addEventListener("online", () => this.#hearNews());
  }

  get isEndless() {
    return this.#start.is_endless;
  }

  get seconds() {
    return this.#start.seconds;
  }

  set seconds(seconds) {
    this.#start.seconds = seconds;
    this.#schedule();
  }

  async open() {
    find("plain").hidden = true;
    this.#tools.appear();
    if (this.#start.first) this.#store.put([this.#start.first]);
    if (this.#start.is_opened_by_hand && this.#start.first) this.#offerStart();
    this.#ready = this.#begin(this.#start.place + 1);
    await this.#ready;
    if (this.isEndless) {
      setInterval(() => this.#keepOne(), KEEP_EVERY_MS);
      this.#expectNews(NEWS_EVERY_MS);
    }
    if (!this.#start.is_opened_by_hand && this.#turn.count) this.#run({ isStill: isStill() });
  }

  // --- Starting and stopping ---------------------------------------------------------------------

  toggle() {
    if (this.isPlaying) this.pause();
    else this.play();
  }

  play() {
    if (this.#card.isThere) return;
    this.isPlaying = true;
    this.#awake.start();
    this.#say(words.runs);
    this.#draw();
    this.#schedule();
  }

  pause(said = words.paused) {
    this.isPlaying = false;
    clearTimeout(this.#timer);
    this.#awake.stop();
    this.#say(said);
    this.#draw();
    this.#tools.wake();
  }

  /** Somebody wants to see the one before, or the next, now. */
  step(steps) {
    if (this.#card.isThere && !this.#isOver) return;
    if (this.#isOver) {
      if (steps > 0) return;
      this.#isOver = false;
      this.#card.hide();
    }
    this.#advance(steps, { isCalm: false });
  }

  async toggleShuffle() {
    const isShuffled = this.#feed.order === "shuffled";
    this.#feed.reorder(isShuffled ? "in_order" : "shuffled");
    this.#tools.drawShuffle(!isShuffled);
    if (await this.#begin(0)) this.#advance(1, { isCalm: false });
  }

  #offerStart() {
    this.#card.show("opening", {
      button: this.isEndless ? words.tap : words.start,
      aside: this.isEndless && !this.#awake.isSupported ? words.stayAwake : "",
      act: () => {
        fill();
        this.#card.hide();
        this.#run();
      },
    });
  }

  #run({ isStill = false } = {}) {
    this.#caption();
    if (isStill) this.pause();
    else this.play();
  }

  /** All names, in a new order where one was asked for. Whether they could be had. */
  async #begin(shown) {
    try {
      this.#take(await this.#feed.plan(), shown);
      this.#hasAnswered();
    } catch (error) {
      this.#onFailure(error);
      return false;
    }
    await this.#lookAhead();
    return true;
  }

  #take({ names, version }, shown) {
    this.#version = version;
    this.#turn.begin(names, shown);
    if (!names.length) this.#showEmpty();
    this.#draw();
  }

  #showEmpty() {
    this.#frames.clear();
    this.#card.show("closing", { words: this.isEndless ? words.awaited : words.empty });
  }

  #finish() {
    this.#isOver = true;
    this.pause(words.over);
    this.#card.show("closing", {
      words: words.over,
      button: words.again,
      act: () => this.#again(),
    });
  }

  async #again() {
    this.#isOver = false;
    this.#card.hide();
    this.#feed.reorder(this.#feed.order);
    if (await this.#begin(0)) await this.#advance(1);
    this.play();
  }

  /** What was shown is not this viewer's to see any more: nothing of it stays. */
  #end() {
    this.pause("");
    this.#frames.clear();
    this.#kept.clear();
    this.#store.clear();
    this.#turn.begin([]);
    this.#version = "";
    find("note").textContent = "";
    this.#card.show("closing", { words: words.ended });
  }

  // --- From one photo to another -----------------------------------------------------------------

  #schedule() {
    clearTimeout(this.#timer);
    if (!this.isPlaying || document.hidden) return;
    this.#timer = setTimeout(() => this.#advance(1), this.seconds * 1000);
  }

  async #advance(steps, { isCalm = true } = {}) {
    clearTimeout(this.#timer);
    this.#moves += 1;
    const move = this.#moves;
    await this.#ready;
    const picture = await this.#next(steps, () => move !== this.#moves);
    if (move !== this.#moves) return;
    if (picture) this.#present(picture, isCalm);
    else this.#tryAgain();
  }

  #present(picture, isCalm) {
    const { number, count } = this.#turn;
    this.#frames.show(picture, sentence(words.photoPosition, { number, count }), { isCalm });
    this.#draw();
    this.#caption();
    this.#rememberPlace();
    if (!this.isPlaying) this.#say(sentence(words.photoPosition, { number, count }));
    this.#schedule();
    this.#lookAhead();
  }

  #tryAgain() {
    if (!this.#failures) return this.#schedule();
    if (!this.isPlaying || this.#card.isThere) return;
    this.#timer = setTimeout(() => this.#advance(1), this.#pauseAfterFailure());
  }

  /** The picture to show next, which the turn has come to; none where none can be had now. */
  async #next(steps, isOvertaken) {
    for (;;) {
      const name = this.#turn.at(steps);
      if (!name && (steps < 0 || !(await this.#turnOver()))) return null;
      if (isOvertaken()) return null;
      if (!name) continue;
      const found = await this.#pictureOf(name);
      if (isOvertaken()) return null;
      if (this.#turn.at(steps) !== name) continue;
      if (found === "unreachable") return this.#nextKept();
      if (found === "later") this.#postpone(name);
      else if (found !== "gone") {
        this.#turn.move(steps);
        return found;
      }
    }
  }

  /** A picture, or why there is none: "gone", "later" or "unreachable". */
  async #pictureOf(name) {
    const slide = await this.#slideOf(name);
    if (slide === "gone") return "gone";
    if (slide?.is_awaited) return "later";
    if (slide) {
      const entry = this.#frames.load(slide);
      await Promise.race([entry.settled, wait(PATIENCE_MS)]);
      if (entry.state === "ready") return entry.picture;
      this.#frames.forget(name);
    }
    if (this.#kept.has(name)) return this.#kept.take(name);
    return slide ? this.#whyNot(name) : "unreachable";
  }

  async #slideOf(name) {
    const known = this.#store.get(name);
    if (known) return known;
    const gone = await this.#fetch([name, ...this.#turn.ahead(KNOWN)]);
    if (!gone) return null;
    return this.#store.get(name) ?? (gone.includes(name) ? "gone" : null);
  }

  /** A picture that does not come may be one that is not there any more. */
  async #whyNot(name) {
    this.#store.forget(name);
    const gone = await this.#fetch([name]);
    return gone?.includes(name) ? "gone" : "unreachable";
  }

  #postpone(name) {
    const times = (this.#waits.get(name) ?? 0) + 1;
    this.#waits.set(name, times);
    // Looking at it is what makes it.
    new Image().src = this.#store.get(name).view.url;
    this.#store.forget(name);
    if (times < MOST_WAITS) this.#turn.postpone(name);
    else this.#turn.drop([name]);
  }

  /** Without a network: what was kept goes on, and the rest comes when it can be had. */
  #nextKept() {
    const next = this.#turn.ahead(Infinity).find((name) => this.#kept.has(name));
    if (next) this.#turn.skipTo(next);
    else if (this.isEndless && this.#kept.names.length) this.#beginKept();
    else return null;
    this.#turn.move(1);
    return this.#kept.take(this.#turn.at());
  }

  #beginKept() {
    const shown = this.#turn.at();
    const names = shuffled(this.#kept.names);
    this.#turn.begin(names[0] === shown ? [...names.slice(1), shown] : names);
    // All other names are asked for as soon as somebody answers.
    this.#version = "";
  }

  /** After the last photo. Whether there are more. */
  async #turnOver() {
    if (this.isEndless) return this.#beginAnew();
    await this.#renew();
    if (this.#turn.at(1)) return true;
    if (this.#turn.count) this.#finish();
    return false;
  }

  async #beginAnew() {
    const shown = this.#turn.at();
    this.#feed.reorder("shuffled");
    this.#waits.clear();
    if (!(await this.#begin(0))) {
      if (!this.#kept.names.length) return false;
      this.#beginKept();
    }
    if (this.#turn.at(1) === shown && this.#turn.count > 1) this.#turn.postpone(shown);
    return this.#turn.count > 0;
  }

  // --- What is ahead -----------------------------------------------------------------------------

  async #lookAhead() {
    await this.#fetch(this.#turn.ahead(this.isEndless ? KNOWN_AT_A_PARTY : KNOWN));
    const near = [this.#turn.at(-1), this.#turn.at(), ...this.#turn.ahead(AHEAD)];
    this.#frames.keepOnly(near);
    for (const name of near.slice(2)) {
      const slide = this.#store.get(name);
      if (slide && !slide.is_awaited) this.#frames.load(slide);
    }
  }

  /** The names of those that are gone, which are not in the turn any more; none if unreachable. */
  async #fetch(names) {
    try {
      const gone = await this.#store.fetch(names.filter(Boolean));
      this.#hasAnswered();
      this.#turn.drop(gone);
      return gone;
    } catch (error) {
      this.#onFailure(error);
      return null;
    }
  }

  #keepOne() {
    if (document.hidden || this.#failures || navigator.connection?.saveData) return;
    const names = [...this.#turn.ahead(KNOWN_AT_A_PARTY), ...this.#turn.behind(KNOWN_AT_A_PARTY)];
    const slides = names.map((name) => this.#store.get(name));
    const next = slides.find((slide) => slide && !slide.is_awaited && !this.#kept.has(slide.name));
    if (next) this.#kept.keep(next);
  }

  // --- News --------------------------------------------------------------------------------------

  #expectNews(milliseconds) {
    clearTimeout(this.#newsTimer);
    this.#newsTimer = setTimeout(() => this.#hearNews(), milliseconds);
  }

  async #hearNews() {
    if (!this.isEndless) return;
    clearTimeout(this.#newsTimer);
    const wasEmpty = !this.#turn.count;
    await this.#renew(AHEAD);
    if (wasEmpty && this.#turn.count) await this.#resume();
    this.#expectNews(this.#failures ? this.#pauseAfterFailure() : NEWS_EVERY_MS);
  }

  async #renew(behind) {
    try {
      const { names, version } = await this.#feed.plan(this.#version);
      this.#hasAnswered();
      if (!names) return;
      this.#version = version;
      this.#kept.dropAllBut(names);
      this.#turn.renew(names, behind);
      this.#draw();
      if (!names.length) this.#showEmpty();
    } catch (error) {
      this.#onFailure(error);
    }
  }

  /** There is something to be seen again. */
  async #resume() {
    this.#card.hide();
    await this.#advance(1);
    this.play();
  }

  #hasAnswered() {
    this.#failures = 0;
    find("note").textContent = "";
  }

  #onFailure(error) {
    if (error instanceof Ended) {
      this.#failures = 0;
      this.#end();
    } else if (error instanceof Unreachable) {
      this.#failures += 1;
      find("note").textContent = words.offline;
    } else throw error;
  }

  #pauseAfterFailure() {
    return RETRIES_MS[Math.min(Math.max(this.#failures, 1), RETRIES_MS.length) - 1];
  }

  // --- What is said and drawn --------------------------------------------------------------------

  #draw() {
    this.#tools.draw({
      isPlaying: this.isPlaying,
      number: this.#turn.number,
      count: this.#turn.count,
    });
  }

  #caption() {
    this.#tools.caption(this.#store.get(this.#turn.at())?.caption ?? "");
  }

  #say(text) {
    find("said").textContent = text;
  }

  /** Whoever loads the page anew goes on where they were. */
  #rememberPlace() {
    if (this.isEndless || !this.#start.feed) return;
    const url = new URL(location.href);
    url.searchParams.set("order", this.#feed.order);
    url.searchParams.set("seed", this.#feed.seed);
    url.searchParams.set("seconds", this.seconds);
    url.searchParams.set("at", this.#turn.number);
    history.replaceState(null, "", url);
  }
}
