// Pages about one photo, shown in a dialog over the wall. The links to them work by themselves.
import { layOver } from "./before_after.js";
import { element } from "./elements.js";
import { words } from "./words.js";

const contentOf = async (response) => {
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const content = page.querySelector("[data-pumba-sheet]");
  if (!content) throw new Error(String(response.status));
  return document.adoptNode(content);
};

class Sheet {
  #dialog;
  #place;

  constructor(parent) {
    const close = element("button", {
      type: "button",
      className: "pumba-quiet-button pumba-sheet__close",
      textContent: words.close,
    });
    this.#place = element("div");
    this.#dialog = element("dialog", { className: "pumba-sheet" }, this.#place, close);
    parent.append(this.#dialog);
    close.addEventListener("click", () => this.#dialog.close());
    this.#dialog.addEventListener("click", (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
    // Keys, taps and swipes in the sheet are not meant for what is behind it.
    for (const type of ["keydown", "pointerdown", "pointermove", "pointerup", "wheel"]) {
      this.#dialog.addEventListener(type, (event) => event.stopPropagation());
    }
    this.#dialog.addEventListener("submit", (event) => this.#send(event));
  }

  async open(address) {
    this.#show(await contentOf(await fetch(address)));
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#focus();
  }

  #show(content) {
    const title = content.querySelector("h1");
    title.id = "pumba-sheet-title";
    this.#dialog.setAttribute("aria-labelledby", title.id);
    this.#dialog.classList.toggle("pumba-sheet--wide", "pumbaWide" in content.dataset);
    this.#place.replaceChildren(content);
    content.querySelectorAll("[data-pumba-before-after]").forEach(layOver);
  }

  #focus() {
    this.#place.querySelector("textarea, input[type=range], button")?.focus();
  }

  async #send(event) {
    event.preventDefault();
    const form = event.target;
    const body = new FormData(form, event.submitter);
    if (event.submitter) event.submitter.disabled = true;
    try {
      this.#show(await contentOf(await fetch(form.action, { method: "POST", body })));
      this.#focus();
    } catch {
      // The plain way says what is the matter, and what was typed goes with it.
      form.submit();
    }
  }
}

/** Open a page about one photo in a dialog inside `parent`; where that fails it is gone to. */
export const openSheet = (address, parent) =>
  new Sheet(parent).open(address).catch(() => window.location.assign(address));

/** Open what `data-pumba-open` links lead to in a dialog. */
export const connectSheets = (gallery) => {
  let sheet = null;
  gallery.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-pumba-open]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    sheet ??= new Sheet(gallery);
    sheet.open(link.href).catch(() => window.location.assign(link.href));
  });
};
