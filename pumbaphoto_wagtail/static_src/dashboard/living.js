// The page asks which of its parts have changed and puts those in place. It rests while nobody
// looks, asks less often while the server does not answer, and says when one is logged out.

import { announceChanges, keysIn } from "./announcing.js";
import { exchange } from "./exchanging.js";

const SECONDS = 15;
// While something is on its way that one watches.
const HASTY_SECONDS = 5;
const AT_MOST_SECONDS = 300;
// One answer that is missing is not worth a word.
const MISSED_BEFORE_TOLD = 2;

export function keepLive(root) {
  let missed = 0;
  let timer = null;
  let isAsking = false;

  const partsOf = () => [...root.querySelectorAll("[data-pumba-part]")];

  function address() {
    const url = new URL(root.dataset.pumbaDashboard, window.location.href);
    for (const part of partsOf()) {
      url.searchParams.set(part.dataset.pumbaPart, part.dataset.pumbaMark);
    }
    return url;
  }

  function seconds() {
    const hasty = root.querySelector("[data-pumba-hasty]");
    const usual = hasty ? Number(hasty.dataset.pumbaHasty) || HASTY_SECONDS : SECONDS;
    return Math.min(usual * 2 ** missed, AT_MOST_SECONDS);
  }

  function later(wait = seconds()) {
    window.clearTimeout(timer);
    timer = window.setTimeout(look, wait * 1000);
  }

  async function look() {
    if (document.hidden || isAsking) {
      return;
    }
    isAsking = true;
    const answer = await ask(address());
    isAsking = false;
    if (answer === "logged-out") {
      tell(root, "logged-out");
      return;
    }
    if (answer === null) {
      missed += 1;
      if (missed >= MISSED_BEFORE_TOLD) {
        tell(root, "silent");
      }
    } else {
      missed = 0;
      tell(root, "");
      takeIn(answer.parts);
    }
    later();
  }

  function takeIn(parts) {
    const known = keysIn(root);
    for (const part of partsOf()) {
      const news = parts[part.dataset.pumbaPart];
      if (news) {
        exchange(part, news);
      }
    }
    announceChanges(root, known);
  }

  // Whoever comes back sees at once how things stand.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) {
      later(0);
    }
  });
  later(root.querySelector("[data-pumba-soon]") ? 0 : undefined);
}

/** The answer, "logged-out", or null where there is none. */
async function ask(url) {
  try {
    const response = await fetch(url, {
      credentials: "same-origin",
      headers: { "X-Requested-With": "XMLHttpRequest" },
    });
    // Wagtail answers 403 to scripts of who is not logged in, or may not see this any more.
    if (response.status === 403 || response.redirected) {
      return "logged-out";
    }
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

/** Show one of the page's notices, or none of them. */
function tell(root, name) {
  const place = root.querySelector("[data-pumba-notice]");
  if (place.dataset.pumbaNotice === name) {
    return;
  }
  place.dataset.pumbaNotice = name;
  const notice = name && root.querySelector(`[data-pumba-notice-of="${name}"]`);
  place.replaceChildren(...(notice ? [notice.content.cloneNode(true)] : []));
}
