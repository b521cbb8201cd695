// Selecting and walking by mouse, touch and keyboard. What is between two photos is selected with
// Shift, from the one that was selected or left out last.

const FIELDS = "input, textarea, select, [contenteditable], dialog, .w-dialog";

/** `open(index)` shows a photo; `act(name)` does something with those that are selected. */
export function connectKeys(grid, choice, { open, act, toBar }) {
  let from = 0;

  function selectUpTo(index) {
    const [first, last] = [from, index].sort((a, b) => a - b);
    choice.set(grid.keys.slice(first, last + 1), true);
  }

  function pick(index, isRange) {
    if (isRange) {
      selectUpTo(index);
    } else {
      choice.toggle(grid.keys[index]);
      from = index;
    }
  }

  grid.addEventListener("turned", ({ detail }) => {
    from = detail.isOther ? 0 : Math.min(from, Math.max(0, grid.count - 1));
  });

  const indexOf = (event) => {
    const cell = event.target.closest?.("[role=option]");
    return cell ? grid.indexOf(Number(cell.dataset.key)) : -1;
  };

  grid.root.addEventListener("click", (event) => {
    const index = indexOf(event);
    if (index < 0) return;
    grid.focus(index, { reveals: false });
    if (event.target.closest("[data-pumba-open]")) open(index);
    else pick(index, event.shiftKey);
  });

  // Both clicks of a double one were taken for themselves, which leaves the photo as it was.
  grid.root.addEventListener("dblclick", (event) => {
    const index = indexOf(event);
    if (index >= 0 && !event.shiftKey) open(index);
  });

  grid.root.addEventListener("keydown", (event) => {
    const index = indexOf(event);
    if (index < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    const next = stepFrom(index, event.key);
    if (next !== null) {
      event.preventDefault();
      if (next < 0 || next >= grid.count) return;
      // The first step of a range begins where one stands.
      if (event.shiftKey && !choice.has(grid.keys[index])) from = index;
      grid.focus(next);
      if (event.shiftKey) selectUpTo(next);
      return;
    }
    const does = {
      " ": () => pick(index, event.shiftKey),
      Enter: () => open(index),
      Delete: () => act("delete"),
    }[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  });

  /** Where a key leads to; null where it leads nowhere. */
  function stepFrom(index, pressed) {
    const isMirrored = document.dir === "rtl" || document.documentElement.dir === "rtl";
    const mirrored = { ArrowLeft: "ArrowRight", ArrowRight: "ArrowLeft" };
    const key = (isMirrored && mirrored[pressed]) || pressed;
    const steps = {
      ArrowRight: () => index + 1,
      ArrowLeft: () => index - 1,
      ArrowDown: () => grid.beside(index, 1),
      ArrowUp: () => grid.beside(index, -1),
      Home: () => 0,
      End: () => grid.count - 1,
      PageDown: () => walk(index, 1),
      PageUp: () => walk(index, -1),
    };
    return steps[key]?.() ?? null;
  }

  function walk(index, rows) {
    let at = index;
    for (let step = 0; step < grid.rowsInWindow; step += 1) {
      const next = grid.beside(at, rows);
      if (next < 0) break;
      at = next;
    }
    return at;
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.target.closest(FIELDS) || !grid.count) return;
    if (document.querySelector(".w-dialog:not([aria-hidden])")) return;
    const isCommand = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    if (isCommand && event.key.toLowerCase() === "a") {
      event.preventDefault();
      choice.takeAll();
    } else if (event.key === "Escape" && choice.amount) {
      choice.clear();
    } else if (event.key.toLowerCase() === "b" && !isCommand && choice.amount && areKeysOn()) {
      event.preventDefault();
      toBar();
    }
  });
}

function areKeysOn() {
  const config = document.getElementById("wagtail-config");
  return !config || JSON.parse(config.textContent).KEYBOARD_SHORTCUTS_ENABLED !== false;
}
