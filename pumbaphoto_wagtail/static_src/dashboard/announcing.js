// What has come since the last look is said to those who cannot see it: what is new, and nothing of
// what merely counts on.

const SAID_AT_ONCE = 2;

/** The keys of everything that waits or runs, as it is shown. */
export function keysIn(root) {
  return new Set([...root.querySelectorAll("[data-pumba-key]")].map((row) => row.dataset.pumbaKey));
}

export function announceChanges(root, known) {
  const rows = [...root.querySelectorAll("[data-pumba-says]")];
  const fresh = rows.filter((row) => !known.has(row.dataset.pumbaKey));
  if (!fresh.length) {
    return;
  }
  const said = fresh.slice(0, SAID_AT_ONCE).map((row) => row.dataset.pumbaSays);
  const others = fresh.length - said.length;
  if (others) {
    said.push(wordsOf(root, "more").replace("{n}", others));
  }
  root.querySelector("[data-pumba-said]").textContent = `${said.join(". ")}.`;
  for (const row of fresh) {
    row.classList.add("pumba-todo--new");
  }
}

/** One of the words that the page brings along in its own language. */
export function wordsOf(root, name) {
  return root.querySelector(`[data-pumba-words="${name}"]`).content.textContent;
}
