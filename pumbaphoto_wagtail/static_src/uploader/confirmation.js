// One question before something is given up: in place, without a dialog over the page.

export class Confirmation {
  constructor(panel) {
    this.panel = panel;
    this.words = panel.querySelector("[data-pumba-confirm-words]");
    this.yes = panel.querySelector("[data-pumba-confirm-yes]");
    panel.querySelector("[data-pumba-confirm-no]").addEventListener("click", () => this.end());
    this.yes.addEventListener("click", () => {
      const { act } = this;
      this.end();
      act();
    });
    panel.addEventListener("keydown", (event) => event.key === "Escape" && this.end());
  }

  /** Ask with `words`; `act` is done on yes. The focus comes back to where it was. */
  ask(words, act) {
    this.act = act;
    this.from = document.activeElement;
    this.words.textContent = words;
    this.panel.hidden = false;
    this.yes.focus();
  }

  end() {
    this.panel.hidden = true;
    if (this.from && this.from.isConnected && !this.from.closest("[hidden]")) {
      this.from.focus();
    }
  }
}
