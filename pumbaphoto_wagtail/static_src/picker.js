// Picking photos of a folder of a library: thousands of them listed in windows, ranges, one request.

import { FileList } from "./picker/file_list.js";
import { Pickable } from "./picker/pickable.js";
import { saySize, sayNumber } from "./picker/words.js";
import { connectKeys } from "./workspace/grid_keys.js";

function start(section) {
  const { files, words } = JSON.parse(document.getElementById("pumba-pick-data").textContent);
  const form = section.querySelector("[data-pumba-pick-form]");
  const bar = section.querySelector("[data-pumba-pick-bar]");
  const add = bar.querySelector("[data-pumba-pick-add]");
  const names = form.querySelector("[data-pumba-pick-names]");

  // What there is without a script goes before its pictures are asked for.
  section.querySelector("[data-pumba-pick-plain]").remove();
  section.querySelector("[data-pumba-pick-keys]").hidden = false;
  bar.hidden = false;
  const choice = new Pickable(files);
  const list = new FileList(section, files, choice);

  function say() {
    const count = choice.amount;
    const bytes = choice.chosen.reduce((sum, index) => sum + files[index][1], 0);
    const one = (key) => words[count === 0 ? key[0] : count === 1 ? key[1] : key[2]];
    const filled = (text) => text.replace("%s", sayNumber(count)).replace("%b", saySize(bytes, words.units));
    bar.querySelector("[data-pumba-pick-count]").textContent = filled(one(["none", "one", "many"]));
    add.textContent = filled(one(["addNone", "addOne", "addMany"]));
    add.disabled = !count;
  }

  connectKeys(list, choice, {
    open: () => {},
    act: () => {},
    toBar: () => add.focus(),
  });
  choice.addEventListener("change", say);
  bar.querySelector("[data-pumba-pick-all]").addEventListener("click", () => choice.takeAll());
  bar.querySelector("[data-pumba-pick-none]").addEventListener("click", () => choice.clear());
  form.addEventListener("submit", () => {
    names.value = JSON.stringify(choice.chosen.map((index) => files[index][0]));
    names.disabled = false;
    // Once is enough; what comes next is another page.
    add.disabled = true;
  });
  window.addEventListener("pageshow", say);
  say();
}

const section = document.querySelector("[data-pumba-pick]");
if (section?.querySelector("[data-pumba-pick-form]")) {
  start(section);
}
