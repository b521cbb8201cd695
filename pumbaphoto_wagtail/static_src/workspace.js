// Small comforts of the workspace: the size of thumbnails, copying without HTTPS, stray files.

import { copyMessages } from "./dashboard/copying.js";
import { catchStrayFiles } from "./uploader/stray.js";
import { showCurrentTab } from "./workspace/tabs.js";
import { tickRanges } from "./workspace/ticking.js";
import { watch } from "./workspace/watching.js";

const SIZE_KEY = "pumba-tile-size";

function applyTileSize(size) {
  document.documentElement.style.setProperty("--pumba-tile", `${size}px`);
  for (const slider of document.querySelectorAll("[data-pumba-tile-size]")) {
    slider.value = size;
  }
}

function rememberTileSize() {
  const kept = window.localStorage.getItem(SIZE_KEY);
  if (kept) {
    applyTileSize(kept);
  }
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-pumba-tile-size]")) {
    window.localStorage.setItem(SIZE_KEY, event.target.value);
    applyTileSize(event.target.value);
  }
});
document.addEventListener("pumba:refreshed", () => {
  rememberTileSize();
  showCurrentTab();
});
rememberTileSize();
showCurrentTab();
window.addEventListener("resize", showCurrentTab);

// Browsers offer the clipboard only over HTTPS; a studio's own network often has none.
document.addEventListener("w-clipboard:copy", (event) => {
  if (navigator.clipboard) {
    return;
  }
  event.preventDefault();
  const element = event.target;
  const source = element.querySelector("[data-w-clipboard-target=value]");
  const type = copyFrom(source.value) ? "copied" : "error";
  const detail = { clear: true, type: type === "copied" ? "success" : "error" };
  element.dispatchEvent(new CustomEvent(`w-clipboard:${type}`, { bubbles: true, detail }));
});

function copyFrom(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "w-sr-only";
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  return isCopied;
}

const notice = document.querySelector("[data-pumba-stray]");
if (notice && !document.querySelector("[data-pumba-uploader]")) {
  catchStrayFiles(notice);
}

for (const form of document.querySelectorAll("[data-pumba-ticking]")) {
  tickRanges(form);
}

for (const part of document.querySelectorAll("[data-pumba-watch]")) {
  watch(part.id);
}

for (const root of document.querySelectorAll("[data-pumba-messages]")) {
  copyMessages(root);
}
