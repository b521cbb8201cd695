// Photos exported again: replace, keep both or skip? Asked once for each batch.

import { fill, number, setText } from "./words.js";

export class Question {
  /** `answer(batch, answer)` sends the decision and resolves to what went wrong, or "". */
  constructor(panel, words, answer) {
    this.panel = panel;
    this.words = words;
    this.send = answer;
    this.title = panel.querySelector("[data-pumba-question-title]");
    this.names = panel.querySelector("[data-pumba-question-names]");
    this.error = panel.querySelector("[data-pumba-question-error]");
    this.batch = null;
    panel.addEventListener("click", (event) => {
      const button = event.target.closest("[data-pumba-answer]");
      if (button) {
        this.answer(button.dataset.pumbaAnswer);
      }
    });
  }

  /** Show the first open question of the batches. Returns its sentence if it is a new one. */
  draw(batches) {
    const batch = batches.find(({ document }) => document.question && document.question.isOpen);
    this.panel.hidden = !batch;
    const isNew = Boolean(batch) && batch !== this.batch;
    this.batch = batch || null;
    if (!batch) {
      return "";
    }
    const { count, names } = batch.document.question;
    setText(this.title, fill(this.words[count === 1 ? "askOne" : "ask"], { count: number(count) }));
    const left = count - names.length;
    const more = left > 0 ? [fill(this.words.andMore, { count: number(left) })] : [];
    setText(this.names, [...names, ...more].join(", "));
    if (isNew) {
      this.show("");
    }
    return isNew ? this.title.textContent : "";
  }

  async answer(answer) {
    this.busy(true);
    this.show(await this.send(this.batch, answer));
    this.busy(false);
  }

  busy(isBusy) {
    for (const button of this.panel.querySelectorAll("button")) {
      button.disabled = isBusy;
    }
  }

  show(problem) {
    setText(this.error, problem);
    this.error.hidden = !problem;
  }
}
