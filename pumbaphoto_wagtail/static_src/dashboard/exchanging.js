// Putting a part in place anew, without taking from anybody what they hold: what has the focus has
// it afterwards, and what was opened stays open.

export function exchange(part, news) {
  const held = whatIsHeld(part);
  const opened = [...part.querySelectorAll("details[open][id]")].map((one) => one.id);
  part.innerHTML = news.html;
  part.dataset.pumbaMark = news.mark;
  for (const id of opened) {
    part.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
  }
  if (held) {
    giveBack(part, held);
  }
}

/** Where the focus is within a part: in which row, and on which of its links and buttons. */
function whatIsHeld(part) {
  const element = document.activeElement;
  if (!element || !part.contains(element)) {
    return null;
  }
  const row = element.closest("[data-pumba-key]");
  const within = row ?? part;
  return {
    key: row?.dataset.pumbaKey,
    id: element.id,
    address: addressOf(element),
    place: reachable(within).indexOf(element),
  };
}

function giveBack(part, held) {
  const within = held.key
    ? part.querySelector(`[data-pumba-key="${CSS.escape(held.key)}"]`)
    : part;
  const element = within && findAgain(within, held);
  // What was done is gone: who was there goes on at the head of the part.
  (element ?? part.querySelector("[tabindex='-1']"))?.focus({ preventScroll: true });
}

function findAgain(within, held) {
  const elements = reachable(within);
  return (
    elements.find((one) => held.id && one.id === held.id) ??
    elements.find((one) => held.address && addressOf(one) === held.address) ??
    elements[held.place]
  );
}

function reachable(within) {
  return [...within.querySelectorAll("a[href], button, summary, [tabindex]")];
}

function addressOf(element) {
  return element.getAttribute("formaction") ?? element.getAttribute("href") ?? "";
}
