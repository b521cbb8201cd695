import { element } from "./elements.js";
import { words } from "./words.js";

const SAVE_AFTER_MS = 700;

/**
 * Save what is written in a field shortly after the last key. Returns a function that saves now and
 * resolves to whether it is safe: with the server, or kept for it.
 * `onStatus` hears "saving", "saved", "kept" or "not-saved".
 */
export const autosave = (field, photoOf, picks, onStatus = () => {}) => {
  let timer = 0;
  let sending = null;
  const send = async (photo, text) => {
    onStatus("saving");
    const isSaved = await picks.setNote(photo, text);
    if (sending?.text === text) {
      sending = null;
      onStatus(isSaved && picks.isWaiting ? "kept" : isSaved ? "saved" : "not-saved");
    }
    return isSaved;
  };
  const save = () => {
    clearTimeout(timer);
    const [photo, text] = [photoOf(), field.value];
    if (sending?.text === text) return sending.answer;
    if (!photo || (!sending && text.trim() === picks.savedNote(photo))) return true;
    sending = { text };
    sending.answer = send(photo, text);
    return sending.answer;
  };
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(save, SAVE_AFTER_MS);
  });
  field.addEventListener("blur", save);
  return save;
};

const STATUS_WORDS = {
  saving: () => words.saving,
  saved: () => words.saved,
  kept: () => words.kept,
  "not-saved": () => words.notSaved,
};

/** The sheet in which a client writes a note. What was typed stays in it until it is saved. */
export class NoteSheet {
  #dialog;
  #field;
  #status;
  #photo = null;
  #save;

  constructor(picks) {
    this.picks = picks;
    this.#field = element("textarea", {
      className: "pumba-note__field",
      maxLength: picks.noteMaxLength,
      attributes: { "aria-labelledby": "pumba-note-title", "aria-describedby": "pumba-note-hint" },
    });
    this.#status = element("span", {
      className: "pumba-note__status",
      attributes: { role: "status" },
    });
    const done = element("button", {
      type: "submit",
      className: "pumba-button",
      textContent: words.done,
    });
    const form = element(
      "form",
      { method: "dialog" },
      element("h2", {
        id: "pumba-note-title",
        className: "pumba-note__title",
        textContent: words.noteTitle,
      }),
      element("p", { id: "pumba-note-hint", className: "pumba-note__hint", textContent: words.noteHint }),
      this.#field,
      element("p", { className: "pumba-note__line" }, this.#status, done),
    );
    this.#dialog = element(
      "dialog",
      { className: "pumba-note", attributes: { "aria-labelledby": "pumba-note-title" } },
      form,
    );
    this.#save = autosave(this.#field, () => this.#photo, picks, (status) => this.#say(status));
    this.#connect(form);
  }

  get isOpen() {
    return this.#dialog.open;
  }

  /** Open the sheet for a photo, inside `parent`, whose own keys rest meanwhile. */
  open(photo, parent) {
    parent.append(this.#dialog);
    this.#photo = photo;
    this.#field.value = this.picks.note(photo);
    this.#status.textContent = "";
    this.#dialog.showModal();
    this.#field.focus();
  }

  #connect(form) {
    // Keys, taps and swipes in the sheet are not meant for the lightbox behind it.
    for (const type of ["keydown", "pointerdown", "click", "wheel", "touchstart"]) {
      this.#dialog.addEventListener(type, (event) => event.stopPropagation());
    }
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (await this.#save()) this.#dialog.close();
    });
    this.#dialog.addEventListener("click", (event) => {
      if (event.target === this.#dialog) form.requestSubmit();
    });
    this.#dialog.addEventListener("close", () => this.#save());
  }

  #say(status) {
    this.#status.textContent = STATUS_WORDS[status]();
    this.#status.classList.toggle("pumba-note__status--error", status === "not-saved");
  }
}
