// A client by the first letters of their name: the pattern "editable combobox with list autocomplete"
// of the ARIA Authoring Practices. Without it the field is a name to be written out.

const { Controller } = window.StimulusModule;

const WAIT_MILLISECONDS = 150;

export class ClientsController extends Controller {
  static targets = ["input", "list", "status"];

  // `key`, `email` and `ticks` name the fields beside this one that a known client fills.
  static values = {
    url: String,
    fresh: String,
    found: String,
    key: String,
    email: String,
    ticks: String,
  };

  connect() {
    this.options = [];
    this.active = -1;
    this.asked = 0;
    const input = this.inputTarget;
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", this.listTarget.id);
  }

  disconnect() {
    clearTimeout(this.timer);
  }

  look() {
    this.forget();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), WAIT_MILLISECONDS);
  }

  async ask() {
    const query = this.inputTarget.value.trim();
    const number = (this.asked += 1);
    if (!query) {
      this.close();
      return;
    }
    const answer = await fetch(`${this.urlValue}?${new URLSearchParams({ q: query })}`, {
      headers: { Accept: "application/json" },
    }).catch(() => null);
    const clients = answer?.ok ? (await answer.json()).clients : [];
    if (number === this.asked && document.activeElement === this.inputTarget) {
      this.show(clients, query);
    }
  }

  show(clients, query) {
    this.options = [...clients, { name: query, isNew: true }];
    this.active = -1;
    this.listTarget.replaceChildren(...this.options.map((client, index) => this.line(client, index)));
    this.listTarget.hidden = false;
    this.inputTarget.setAttribute("aria-expanded", "true");
    this.inputTarget.removeAttribute("aria-activedescendant");
    this.statusTarget.textContent = this.foundValue.replace("%s", clients.length);
  }

  line(client, index) {
    const line = document.createElement("li");
    line.id = `${this.listTarget.id}-${index}`;
    line.setAttribute("role", "option");
    line.setAttribute("aria-selected", "false");
    line.className = "pumba-combobox__option";
    line.dataset.index = index;
    const name = document.createElement("bdi");
    name.textContent = client.isNew ? this.freshValue.replace("%s", client.name) : client.name;
    line.append(name);
    if (client.about) {
      const about = document.createElement("span");
      about.className = "pumba-combobox__about";
      about.textContent = client.about;
      line.append(" ", about);
    }
    return line;
  }

  press(event) {
    const isOpen = !this.listTarget.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (isOpen) {
        this.move(event.key === "ArrowDown" ? 1 : -1);
      } else {
        this.ask();
      }
    } else if (event.key === "Enter" && isOpen && this.active >= 0) {
      // Chosen, and not yet the whole form sent.
      event.preventDefault();
      this.choose(this.options[this.active]);
    } else if (event.key === "Escape" && isOpen) {
      event.stopPropagation();
      this.close();
    }
  }

  move(step) {
    const lines = [...this.listTarget.children];
    this.active = (this.active + step + lines.length) % lines.length;
    for (const [index, line] of lines.entries()) {
      line.setAttribute("aria-selected", String(index === this.active));
    }
    const line = lines[this.active];
    line.scrollIntoView({ block: "nearest" });
    this.inputTarget.setAttribute("aria-activedescendant", line.id);
  }

  // Before the field loses the focus, which would close the list.
  pick(event) {
    const line = event.target.closest("[role=option]");
    if (line) {
      event.preventDefault();
      this.choose(this.options[line.dataset.index]);
    }
  }

  choose(client) {
    this.close();
    if (client.isNew) {
      return;
    }
    if (this.ticksValue) {
      this.tick(client);
      this.inputTarget.value = "";
      return;
    }
    this.inputTarget.value = client.name;
    this.beside(this.keyValue).value = client.id;
    const email = this.beside(this.emailValue);
    email.value = client.email;
    email.readOnly = Boolean(client.email);
  }

  // Other words are another client.
  forget() {
    const key = this.beside(this.keyValue);
    if (key?.value) {
      key.value = "";
      const email = this.beside(this.emailValue);
      email.value = "";
      email.readOnly = false;
    }
  }

  tick(client) {
    const form = this.inputTarget.form;
    const known = [...form.querySelectorAll(`[name="${this.ticksValue}"]`)];
    const there = known.find((box) => box.value === String(client.id));
    if (there) {
      there.checked = true;
      return;
    }
    const line = document.createElement("div");
    const label = document.createElement("label");
    const box = document.createElement("input");
    Object.assign(box, { type: "checkbox", name: this.ticksValue, value: client.id, checked: true });
    label.append(box, ` ${client.name}`);
    line.append(label);
    document.getElementById(`id_${this.ticksValue}`).append(line);
  }

  beside(name) {
    if (!name) {
      return null;
    }
    const prefix = this.inputTarget.name.replace(/[^-]*$/, "");
    return this.inputTarget.form.elements.namedItem(prefix + name);
  }

  close() {
    clearTimeout(this.timer);
    this.asked += 1;
    this.options = [];
    this.listTarget.hidden = true;
    this.listTarget.replaceChildren();
    this.inputTarget.setAttribute("aria-expanded", "false");
    this.inputTarget.removeAttribute("aria-activedescendant");
  }
}
