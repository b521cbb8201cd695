import { ActsSender } from "./acts_sender.js";
import { KeptActs } from "./kept_acts.js";
import { limitsWith, wordsFor } from "./local_tally.js";
import { words } from "./words.js";

const UNDO_MS = 8_000;
const LABELS = 5;

/** The alternative text of a photo that is on the page: "Photo 12". */
const labelOf = (photo) =>
  document.querySelector(`[data-photo="${photo}"] img`)?.alt || words.aPhoto;

const named = (acts) => {
  const labels = [...new Set(acts.map(({ label }) => label))];
  const shown = labels.slice(0, LABELS).join(", ");
  return labels.length > LABELS ? `${shown} …` : shown;
};

/**
 * What is picked, and how it gets to the server.
 *
 * A tap shows at once, is kept, and is sent in its turn. What is shown is what the server said last,
 * with the kept acts done over it; so it is right also without a network, in a tab that was closed
 * and opened again, and in two tabs of one browser. Fires "change", "kept" and "trouble" with the
 * words to show, and "undoable" when there is something to undo or nothing any more.
 */
export class Picks extends EventTarget {
  #saved;
  #phrases;
  #kept;
  #sender;
  #others;
  #addresses;
  #look = null;
  #settled = new Map();
  #undoable = null;
  #undoTimer = 0;

  constructor(state, csrfToken) {
    super();
    this.noteMaxLength = state.note_max_length;
    this.#phrases = state.phrases;
    this.#kept = new KeptActs(state.keep);
    this.#sender = new ActsSender(state, csrfToken, this.#kept, this);
    this.#others = "BroadcastChannel" in window ? new BroadcastChannel(state.keep) : null;
    this.#addresses = state.addresses;
    this.#takeOver({ ...state, at: 0 });
    this.#connect();
  }

  #connect() {
    this.#kept.onChangeElsewhere(() => this.#draw());
    this.#others?.addEventListener("message", ({ data }) => this.#hear(data));
    // What was missed, by this tab or by this browser, is made up for when somebody looks.
    window.addEventListener("pageshow", ({ persisted }) => persisted && this.lookAgain());
    window.addEventListener("focus", () => this.lookAgain());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.lookAgain();
    });
  }

  /** Draw what is kept from earlier, and send it. To be called when everybody listens. */
  start() {
    if (!this.#kept.all().length) return;
    this.announce();
    this.#sender.flush();
  }

  isFavourite(photo) {
    return this.favourites.has(photo);
  }

  note(photo) {
    return this.notes.get(photo) ?? "";
  }

  /** The note as the server has it, or will have it: kept is safe. */
  savedNote(photo) {
    return this.note(photo);
  }

  get isEmpty() {
    return this.favourites.size === 0 && this.notes.size === 0;
  }

  /** Whether something waits for a network. */
  get isWaiting() {
    return this.#sender.isWaiting && this.#kept.all().length > 0;
  }

  get canUndo() {
    return this.#undoable !== null;
  }

  /** Give or take a heart. Resolves to false if the server refuses it. */
  setFavourite(photo, on) {
    this.#offerUndo({ photo, on: !on });
    return this.#act({ photo, on });
  }

  /** Write a note, or remove it with an empty one. Resolves to false if the server refuses it. */
  setNote(photo, text) {
    const earlier = this.#kept.all().filter((act) => act.photo === photo && "words" in act);
    const answer = this.#act({ photo, words: text });
    // Only the last words count; what is on its way already may arrive before them.
    this.#kept.remove(earlier.map(({ id }) => id));
    this.#resolve(earlier, () => true);
    return answer;
  }

  /** Take back the last heart that was given or taken. */
  undo() {
    if (!this.#undoable) return;
    const { photo, on } = this.#undoable;
    this.#offerUndo(null);
    this.#act({ photo, on });
  }

  /** Tell everybody to draw again; `photo` is what was touched, if one was. */
  announce(photo = null) {
    this.dispatchEvent(new CustomEvent("change", { detail: { photo } }));
  }

  /** Resolves when nothing is on its way any more; to whether everything has arrived. */
  async settled() {
    await this.#sender.flush();
    return this.#kept.all().length === 0;
  }

  /** What was picked as far as the server has said so: hearts and notes alike. */
  get arrived() {
    return [...this.#saved.favourites, ...Object.keys(this.#saved.notes)];
  }

  /** Ask the server what is picked, unless that is being asked already, and send what is kept. */
  lookAgain() {
    this.#look ??= this.#askAgain().finally(() => {
      this.#look = null;
    });
  }

  // --- What the sender tells ---------------------------------------------------------------------

  known(list) {
    return list === this.list ? this.mark : "";
  }

  onAnswer(answer, acts) {
    this.#finish(acts, answer.refused, answer);
  }

  onRefused(sentence, acts, answer) {
    const refused = acts.map(({ id }) => [id, sentence || words.notTaken]);
    this.#finish(acts, Object.fromEntries(refused), answer);
  }

  onWaiting() {
    const sentence = this.#kept.isLasting ? words.kept : words.keptHere;
    this.dispatchEvent(new CustomEvent("kept", { detail: { words: sentence } }));
    // Kept is as good as taken for whoever waits for it.
    this.#resolve(this.#kept.all(), () => this.#kept.isLasting);
  }

  onSettled() {
    this.#draw();
  }

  // --- Inside ------------------------------------------------------------------------------------

  #act(act) {
    const { list, round } = this;
    const id = this.#kept.add({ ...act, list, round, label: labelOf(act.photo) });
    this.#refresh();
    this.announce(act.photo);
    const answer = new Promise((resolve) => this.#settled.set(id, resolve));
    this.#sender.flush();
    return answer;
  }

  #finish(acts, refused, answer) {
    const isShown = answer?.list === this.list;
    if (isShown) this.#takeOver(answer, acts);
    // What was kept for another list may be what another tab shows; of that the answer is whole.
    const state = isShown ? this.#saved : { ...answer, at: Date.now() };
    this.#others?.postMessage({ acts, refused, state });
    this.#tell(acts, refused);
  }

  /** Another tab had an answer, maybe for what was done in this one. */
  #hear({ acts, refused, state }) {
    // Two tabs send in turn, and what they say of it may overtake each other.
    if (state.list === this.list && state.at >= this.#saved.at) this.#takeOver(state, acts);
    const ours = acts.filter(({ id }) => this.#kept.isOurs(id));
    this.#tell(ours, refused);
  }

  /** Say what became of acts; `refused` has a sentence for each that was not taken, by its id. */
  #tell(acts, refused) {
    for (const sentence of new Set(Object.values(refused))) {
      this.#complain(sentence, acts.filter(({ id }) => refused[id] === sentence));
    }
    this.#resolve(acts, (id) => !(id in refused));
  }

  #resolve(acts, isDone) {
    for (const { id } of acts) {
      this.#settled.get(id)?.(isDone(id));
      this.#settled.delete(id);
    }
  }

  #complain(sentence, acts) {
    if (!acts.length) return;
    if (acts.some(({ photo }) => photo === this.#undoable?.photo)) this.#offerUndo(null);
    // Of one tap just now everybody knows which it was.
    const isPlain = acts.length === 1 && this.#settled.has(acts[0].id) && !this.#sender.isWaiting;
    const which = isPlain ? "" : ` ${words.notTakenThese} ${named(acts)}`;
    const detail = { words: `${sentence}${which}`, isLong: !isPlain };
    this.dispatchEvent(new CustomEvent("trouble", { detail }));
  }

  #offerUndo(act) {
    clearTimeout(this.#undoTimer);
    this.#undoable = act;
    if (act) this.#undoTimer = setTimeout(() => this.#offerUndo(null), UNDO_MS);
    this.dispatchEvent(new CustomEvent("undoable"));
  }

  /** What the server says, whole or as changes to what we know; `acts` are no longer ours to do. */
  #takeOver(state, acts = null) {
    const { favourites, notes } = state.changed ? this.#changed(state.changed) : state;
    const { list, round, mark, limits, words: said, at = Date.now() } = state;
    this.#saved = { favourites, notes, list, round, mark, limits, words: said, at };
    this.#draw(acts);
  }

  #changed(changes) {
    const favourites = new Set(this.#saved.favourites);
    const notes = { ...this.#saved.notes };
    for (const [photo, { on, note }] of Object.entries(changes)) {
      if (on) favourites.add(photo);
      else favourites.delete(photo);
      if (note) notes[photo] = note;
      else delete notes[photo];
    }
    return { favourites: [...favourites], notes };
  }

  #draw(doneWith = null) {
    this.#refresh(doneWith);
    this.announce();
  }

  #refresh(doneWith = null) {
    const { list, round, mark, limits, words: said } = this.#saved;
    Object.assign(this, { list, round, mark });
    this.favourites = new Set(this.#saved.favourites);
    this.notes = new Map(Object.entries(this.#saved.notes));
    const done = new Set(doneWith?.map(({ id }) => id));
    const pending = this.#kept
      .all()
      .filter((act) => act.list === list && act.round === round && !done.has(act.id));
    pending.forEach((act) => this.#do(act));
    const counted = { chosen: this.favourites.size, notes: this.notes.size };
    this.limits = pending.length ? limitsWith(limits, counted) : limits;
    this.words = pending.length ? wordsFor(this.limits, this.#phrases) : said;
  }

  #do({ photo, on, words: text }) {
    if (on === true) this.favourites.add(photo);
    else if (on === false) this.favourites.delete(photo);
    else if (text.trim()) this.notes.set(photo, text.trim());
    else this.notes.delete(photo);
  }

  async #askAgain() {
    const at = Date.now();
    try {
      const response = await fetch(`${this.#addresses.picks}?list=${this.list}`);
      // An answer to acts that came meanwhile may know more.
      if (response.ok && this.#saved.at <= at) this.#takeOver({ ...(await response.json()), at });
    } catch {
      // Offline: what is known stays.
    }
    await this.#sender.flush();
  }
}

/** What was kept on a page where one could choose, on one where one cannot any more. */
export const sendLeftovers = (state, tell) => {
  if (!state.keep) return;
  const kept = new KeptActs(state.keep);
  if (!kept.all().length) return;
  const say = (sentence, acts) => tell(`${sentence} ${words.notTakenThese} ${named(acts)}`);
  const sender = new ActsSender(state, "", kept, {
    known: () => "",
    onWaiting: () => {},
    onSettled: () => {},
    onRefused: (sentence, acts) => say(sentence || words.notTaken, acts),
    onAnswer: ({ refused }, acts) => {
      for (const sentence of new Set(Object.values(refused))) {
        say(sentence, acts.filter(({ id }) => refused[id] === sentence));
      }
    },
  });
  sender.flush();
};
