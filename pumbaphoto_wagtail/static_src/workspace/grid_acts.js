// The bar of what can be done with the selected photos: asking first where an act needs it, saying
// what became of it, and taking it back.

const SAY_MS = 400;
const DIALOG = "pumba-photo-act";

export class Acts {
  #data;
  #grid;
  #choice;
  #settled;
  #bar = document.querySelector("[data-pumba-bar]");
  #outcome = document.querySelector("[data-pumba-outcome]");
  #live = document.querySelector("[data-pumba-photos-live]");
  #token = null;
  #sayTimer = 0;
  #isBusy = false;

  /** `settled()` is called when something was changed, and `open(index)` shows a photo. */
  constructor(data, grid, choice, { settled, open }) {
    this.#data = data;
    this.#grid = grid;
    this.#choice = choice;
    this.#settled = settled;
    this.#connect(open);
    choice.addEventListener("change", () => this.#show());
    this.#show();
  }

  #part(name) {
    return this.#bar.querySelector(`[data-pumba-${name}]`);
  }

  #connect(open) {
    // Wagtail's dropdown hangs its contents elsewhere on the page.
    document.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-pumba-act]");
      if (button) this.ask(button.dataset.pumbaAct);
      if (target.closest("[data-pumba-act-cancel]")) this.#close();
    });
    document.addEventListener("submit", (event) => {
      if (!event.target.matches("[data-pumba-act-question]")) return;
      event.preventDefault();
      this.#send(new FormData(event.target, event.submitter));
    });
    this.#part("select-all").addEventListener("click", () => this.#choice.takeAll());
    this.#part("select-none").addEventListener("click", () => {
      this.#choice.clear();
      this.#grid.focus(this.#grid.current);
    });
    this.#part("open-one").addEventListener("click", (event) => {
      event.preventDefault();
      open(this.#grid.indexOf(this.#choice.only));
    });
    this.#outcome.querySelector("[data-pumba-undo]").addEventListener("click", () => this.#undo());
    this.#outcome.querySelector("[data-pumba-outcome-close]").addEventListener("click", () => {
      this.#outcome.hidden = true;
      this.#grid.focus(this.#grid.current);
    });
  }

  // --- The bar ----------------------------------------------------------------------------------

  get #words() {
    const { words } = this.#data;
    const { amount, isAll } = this.#choice;
    const pattern = amount === 0 ? words.none : isAll ? words.all : amount === 1 ? words.one : words.many;
    return pattern.replace("%s", amount.toLocaleString(document.documentElement.lang || undefined));
  }

  #show() {
    const { amount, isAll, only } = this.#choice;
    const hadFocus = this.#bar.contains(document.activeElement);
    this.#bar.classList.toggle("hidden", !amount);
    if (!amount && hadFocus && this.#grid.count) this.#grid.focus(this.#grid.current);
    if (amount) this.#part("count").textContent = this.#words;
    const all = this.#part("select-all");
    all.hidden = isAll;
    const count = this.#grid.count.toLocaleString(document.documentElement.lang || undefined);
    all.textContent = this.#data.words.selectAll.replace("%s", count);
    this.#part("only-one").hidden = only === null;
    clearTimeout(this.#sayTimer);
    this.#sayTimer = setTimeout(() => {
      if (this.#live.textContent || amount) this.#live.textContent = this.#words;
    }, SAY_MS);
  }

  focus() {
    const buttons = [...this.#bar.querySelectorAll("#pumba-acts button, #pumba-acts a")];
    buttons.find((button) => button.offsetParent)?.focus();
  }

  // --- Acts -------------------------------------------------------------------------------------

  ask(name) {
    if (!this.#choice.amount || !document.querySelector(`[data-pumba-act="${name}"]`)) return;
    const data = new FormData();
    const chosen = { act: name, ...this.#choice.asData(window.location.search) };
    for (const [key, value] of Object.entries(chosen)) data.set(key, value);
    this.#send(data);
  }

  async #send(data) {
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#bar.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(this.#data.act, {
        method: "POST",
        credentials: "same-origin",
        headers: { Accept: "application/json", ...csrfHeader() },
        body: data,
      });
      await this.#take(response, data);
    } catch {
      this.#say(this.#data.words.offline, { isBad: true });
    } finally {
      this.#isBusy = false;
      this.#bar.removeAttribute("aria-busy");
    }
  }

  async #take(response, data) {
    const { words } = this.#data;
    const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
    if (!isJson) {
      this.#close();
      const said = response.redirected ? words.login : response.status === 403 ? words.forbidden : words.offline;
      this.#say(said, { isBad: true });
      return;
    }
    const answer = await response.json();
    if (answer.question) this.#open(answer);
    else if (answer.page) this.#leave(data);
    else {
      this.#close();
      if (answer.error) this.#say(answer.error, { isBad: true });
      else this.#say(answer.message, { token: answer.undo });
      // Not waited for: the next act may follow at once.
      this.#settled();
    }
  }

  #undo() {
    const data = new FormData();
    data.set("act", "undo");
    data.set("token", this.#token);
    this.#send(data);
  }

  /** The question on a page of its own, sent as a plain form. */
  #leave(data) {
    const form = document.querySelector("[data-pumba-act-form]");
    for (const [name, value] of data) {
      const field = Object.assign(document.createElement("input"), { type: "hidden", name, value });
      form.append(field);
    }
    form.submit();
  }

  // --- The dialog and what became of it ---------------------------------------------------------

  #open({ heading, question }) {
    const dialog = document.getElementById(DIALOG);
    const page = new DOMParser().parseFromString(question, "text/html");
    document.getElementById(`title-text-${DIALOG}`).textContent = heading;
    dialog.querySelector("[data-pumba-act-body]").replaceChildren(...page.body.childNodes);
    if (dialog.hasAttribute("aria-hidden")) dialog.dispatchEvent(new CustomEvent("w-dialog:show"));
    dialog.querySelector(".error-message, .w-field__errors")?.scrollIntoView({ block: "nearest" });
  }

  #close() {
    const dialog = document.getElementById(DIALOG);
    if (!dialog || dialog.hasAttribute("aria-hidden")) return;
    dialog.dispatchEvent(new CustomEvent("w-dialog:hide"));
    if (this.#grid.count) this.#grid.focus(this.#grid.current);
  }

  #say(message, { token = null, isBad = false } = {}) {
    this.#token = token;
    this.#outcome.hidden = false;
    this.#outcome.classList.toggle("pumba-outcome--bad", isBad);
    this.#outcome.querySelector("[data-pumba-outcome-words]").textContent = message;
    this.#outcome.querySelector("[data-pumba-undo]").hidden = !token;
  }
}

function csrfHeader() {
  const config = JSON.parse(document.getElementById("wagtail-config").textContent);
  return { [config.CSRF_HEADER_NAME || "X-CSRFToken"]: config.CSRF_TOKEN };
}
