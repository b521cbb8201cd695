// "Copy message": its text is made when it is asked for. Where it cannot be copied, the link leads
// to the page with the text.

import { wordsOf } from "./announcing.js";

const SHOWN_SECONDS = 4;

export function copyMessages(root) {
  root.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-pumba-copy-from]");
    const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey);
    if (!button || !isPlain || !navigator.clipboard) {
      return;
    }
    event.preventDefault();
    try {
      await copy(fetchText(button.dataset.pumbaCopyFrom));
      sayCopied(root, button);
    } catch {
      window.location.assign(button.href);
    }
  });
}

async function fetchText(address) {
  const response = await fetch(address, {
    credentials: "same-origin",
    headers: { "X-Requested-With": "XMLHttpRequest" },
  });
  if (!response.ok || response.redirected) {
    throw new Error("no message");
  }
  return response.text();
}

/** Safari lets a page write only in the moment of the click, and waits for a promise then. */
async function copy(promised) {
  if (window.ClipboardItem && navigator.clipboard.write) {
    const blob = promised.then((text) => new Blob([text], { type: "text/plain" }));
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
  } else {
    await navigator.clipboard.writeText(await promised);
  }
}

function sayCopied(root, button) {
  const label = button.querySelector("[data-pumba-label]");
  const before = label.textContent;
  const copied = wordsOf(root, "copied");
  label.textContent = copied;
  root.querySelector("[data-pumba-said]").textContent = copied;
  window.setTimeout(() => {
    label.textContent = before;
  }, SHOWN_SECONDS * 1000);
}
