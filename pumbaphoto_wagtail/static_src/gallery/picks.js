import { words } from "./words.js";

/**
 * What is picked, and how it gets to the server.
 *
 * A tap shows at once and is sent in its turn: one request at a time, so that the server sees every
 * act in the order in which it was done. Every answer holds the whole state; it is taken over when
 * nothing more is waiting. Fires "change", and "trouble" with the words to show.
 */
export class Picks extends EventTarget {
  #addresses;
  #csrfToken;
  #waiting = 0;
  #turn = Promise.resolve(true);

  constructor(state, csrfToken) {
    super();
    this.#addresses = state.addresses;
    this.#csrfToken = csrfToken;
    this.noteMaxLength = state.note_max_length;
    this.#takeOver(state);
  }

  isFavourite(photo) {
    return this.favourites.has(photo);
  }

  note(photo) {
    return this.notes.get(photo) ?? "";
  }

  /** The note as the server has it. */
  savedNote(photo) {
    return this.saved.notes[photo] ?? "";
  }

  get isEmpty() {
    return this.favourites.size === 0 && this.notes.size === 0;
  }

  /** Give or take a heart. Resolves to whether the server has it. */
  setFavourite(photo, on) {
    if (on) this.favourites.add(photo);
    else this.favourites.delete(photo);
    this.announce(photo);
    return this.#inTurn("favourite", { photo, on });
  }

  /** Write a note, or remove it with an empty one. Resolves to whether the server has it. */
  setNote(photo, text) {
    const note = text.trim();
    if (note) this.notes.set(photo, note);
    else this.notes.delete(photo);
    this.announce(photo);
    return this.#inTurn("note", { photo, words: text });
  }

  /** Tell everybody to draw again; `photo` is what was touched, if one was. */
  announce(photo = null) {
    this.dispatchEvent(new CustomEvent("change", { detail: { photo } }));
  }

  /** Resolves when everything has been sent; to whether the last of it arrived. */
  settled() {
    return this.#turn;
  }

  #inTurn(act, body) {
    this.#waiting += 1;
    this.#turn = this.#turn.then(() => this.#send(act, body));
    return this.#turn;
  }

  async #send(act, body) {
    let answer = null;
    let isSaved = false;
    try {
      const response = await fetch(this.#addresses[act], {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": this.#csrfToken },
        body: JSON.stringify(body),
      });
      answer = await response.json();
      isSaved = response.ok;
    } catch {
      // Offline, or an answer that is not ours: what was tapped is taken back below.
    }
    this.#waiting -= 1;
    if (!isSaved) this.#undo(act, body, answer);
    else this.#confirm(answer);
    return isSaved;
  }

  #confirm(answer) {
    this.saved = { favourites: answer.favourites, notes: answer.notes };
    if (this.#waiting === 0) {
      this.#takeOver(answer);
      this.announce();
    }
  }

  #undo(act, { photo }, answer) {
    if (answer?.favourites) {
      this.#takeOver(answer);
    } else if (act === "favourite") {
      if (this.saved.favourites.includes(photo)) this.favourites.add(photo);
      else this.favourites.delete(photo);
    } else if (this.savedNote(photo)) {
      this.notes.set(photo, this.savedNote(photo));
    } else {
      this.notes.delete(photo);
    }
    this.announce();
    const detail = { words: answer?.error ?? words.notSaved };
    this.dispatchEvent(new CustomEvent("trouble", { detail }));
  }

  #takeOver({ favourites, notes, limits, words: said }) {
    this.saved = { favourites, notes };
    this.favourites = new Set(favourites);
    this.notes = new Map(Object.entries(notes));
    this.limits = limits;
    this.words = said;
  }
}
