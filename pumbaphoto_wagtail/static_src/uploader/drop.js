// Files may be let go anywhere on the page, also over a dialog.

import { filesOfDrop, filesOfInput } from "./files.js";

function carriesFiles(event) {
  return event.dataTransfer && Array.from(event.dataTransfer.types).includes("Files");
}

/** Show `overlay` while files are above the page, and call `take` with what is let go. */
export function listenForDrops(overlay, take) {
  const show = (isShown) => {
    overlay.hidden = !isShown;
  };
  const over = (event) => {
    if (carriesFiles(event)) {
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
      show(true);
    }
  };
  // In the capturing phase: no widget above the page keeps the files for itself, and a browser
  // that is not told otherwise would leave the page to show them.
  window.addEventListener("dragenter", over, true);
  window.addEventListener("dragover", over, true);
  window.addEventListener(
    "dragleave",
    // Left for another element there is a relatedTarget; left for good there is none.
    (event) => event.relatedTarget || show(false),
    true,
  );
  window.addEventListener(
    "drop",
    (event) => {
      show(false);
      if (carriesFiles(event)) {
        event.preventDefault();
        event.stopPropagation();
        take(filesOfDrop(event.dataTransfer));
      }
    },
    true,
  );
}

/** The two buttons that choose files or a folder. Returns what opens the folder's dialog. */
export function listenForChoices(root, take) {
  for (const kind of ["files", "folder"]) {
    const input = root.querySelector(`[data-pumba-${kind}]`);
    root.querySelector(`[data-pumba-choose-${kind}]`).addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      take(Promise.resolve(filesOfInput(input)));
      // So that the same folder can be chosen a second time.
      input.value = "";
    });
  }
  return () => root.querySelector("[data-pumba-folder]").click();
}
