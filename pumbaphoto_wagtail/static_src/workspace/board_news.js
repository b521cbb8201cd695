// Live while files arrive and while others decide: the page asks whether its mark still holds, and
// where it does not, what is round about is put in place. The decision under the hands stays.

import { refresh } from "../uploader/refresh.js";
import { isWalking } from "./board_walk.js";

const SECONDS = 4;
const AT_MOST_SECONDS = 60;

const holder = () => document.querySelector("[data-pumba-news]");

export function followNews() {
  if (!holder()) {
    return;
  }
  let wait = SECONDS;
  const ask = async () => {
    if (!document.hidden && !isWalking() && holder()) {
      // Somebody logged out, or a server that rests, is not asked every few seconds.
      wait = (await look()) ? SECONDS : Math.min(2 * wait, AT_MOST_SECONDS);
    }
    window.setTimeout(ask, wait * 1000);
  };
  window.setTimeout(ask, wait * 1000);
}

/** Ask once; whether the server has answered. */
async function look() {
  const { pumbaNews: address, pumbaMark: known } = holder().dataset;
  try {
    const response = await fetch(address, { credentials: "same-origin" });
    if (!response.ok || response.redirected) {
      return false;
    }
    const { mark } = await response.json();
    if (mark !== known && holder() && !isWalking()) {
      await refresh();
      await takeIn(mark);
    }
  } catch {
    return false;
  }
  return true;
}

/** What a list shows is new with its mark; the board keeps what is looked at. */
async function takeIn(mark) {
  const board = holder().closest("[data-pumba-board]");
  if (!board) {
    return;
  }
  board.dataset.pumbaMark = mark;
  document.dispatchEvent(new Event("pumba:news"));
  await tellOfAnotherDecision();
}

/** Say so where somebody else has decided about the edit that is looked at; it is not replaced. */
async function tellOfAnotherDecision() {
  const decision = document.getElementById("pumba-decision");
  const words = document.querySelector("[data-pumba-changed]");
  if (!decision || !words || document.querySelector("[data-pumba-is-changed]")) {
    return;
  }
  const response = await fetch(words.dataset.pumbaChanged, { credentials: "same-origin" });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("pumba-decision");
  if (fresh && fresh.dataset.pumbaSeen !== decision.dataset.pumbaSeen) {
    const notice = words.content.firstElementChild.cloneNode(true);
    notice.dataset.pumbaIsChanged = "";
    decision.before(notice);
  }
}
