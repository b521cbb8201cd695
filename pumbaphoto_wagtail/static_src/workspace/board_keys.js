// Keys of the review board. What a key does stands in the page: it presses whatever names it in
// `data-pumba-key`. Wagtail's own list of shortcuts ("?") shows them, and who has turned shortcuts
// off in their account has none here either.

import { isWalking } from "./board_walk.js";

const FIELDS = "input, textarea, select, [contenteditable], dialog, .w-dialog";
const PRESSABLE = "a[href], button, summary, [role=button]";
const MIRRORED = { ArrowLeft: "ArrowRight", ArrowRight: "ArrowLeft" };

function areTurnedOff() {
  const config = document.getElementById("wagtail-config");
  return config && JSON.parse(config.textContent).KEYBOARD_SHORTCUTS_ENABLED === false;
}

export function pressKeys() {
  if (areTurnedOff()) {
    return;
  }
  document.documentElement.classList.add("pumba-has-keys");
  document.addEventListener("keydown", (event) => {
    const target = find(event);
    if (!target) {
      return;
    }
    event.preventDefault();
    if (target.matches("input")) {
      target.focus();
      target.select();
    } else if (!isWalking()) {
      target.click();
    }
  });
}

/** What the pressed key stands for on this page, if it stands for anything here. */
function find(event) {
  const { key, target } = event;
  if (event.defaultPrevented || event.repeat || event.ctrlKey || event.metaKey || event.altKey) {
    return null;
  }
  if (target.closest(FIELDS) || document.querySelector(".w-dialog:not([aria-hidden])")) {
    return null;
  }
  // Enter presses what has the focus, as everywhere.
  if (key === "Enter" && target.closest(PRESSABLE)) {
    return null;
  }
  const wanted = document.dir === "rtl" ? MIRRORED[key] || key : key;
  const name = wanted.length === 1 ? wanted.toLowerCase() : wanted;
  const board = document.getElementById("pumba-board");
  return board.querySelector(`[data-pumba-key~="${CSS.escape(name)}"]:not([hidden])`);
}

/** Put this page's keys into Wagtail's own list of shortcuts. */
export function showKeys() {
  const keys = document.querySelector("[data-pumba-keys]");
  const table = listOfShortcuts();
  if (!keys || !table) {
    return;
  }
  table.querySelector("[data-pumba-keys-shown]")?.remove();
  const body = document.importNode(keys.content.querySelector("tbody"), true);
  body.dataset.pumbaKeysShown = "";
  table.tHead ? table.tHead.after(body) : table.prepend(body);
}

/** The list is moved from its template when Wagtail's own script has started. */
function listOfShortcuts() {
  const selector = "#keyboard-shortcuts-dialog table";
  const templates = [...document.querySelectorAll("template")].map(({ content }) => content);
  return [document, ...templates].map((part) => part.querySelector(selector)).find(Boolean);
}
