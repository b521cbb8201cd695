// Files may be let go anywhere on the page.

import { filesOfDrop, filesOfInput } from "./files.js";

/** Call `take` with a promise of files whenever some are dropped or chosen. */
export function listen(root, take) {
  const overlay = root.querySelector("[data-pumba-overlay]");
  let depth = 0;
  const carriesFiles = (event) =>
    event.dataTransfer && Array.from(event.dataTransfer.types).includes("Files");
  const show = (isShown) => {
    overlay.hidden = !isShown;
  };
  document.addEventListener("dragenter", (event) => {
    if (carriesFiles(event)) {
      depth += 1;
      show(true);
    }
  });
  document.addEventListener("dragleave", (event) => {
    if (carriesFiles(event)) {
      depth = Math.max(0, depth - 1);
      show(depth > 0);
    }
  });
  document.addEventListener("dragover", (event) => {
    if (carriesFiles(event)) {
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
    }
  });
  document.addEventListener("drop", (event) => {
    depth = 0;
    show(false);
    if (carriesFiles(event)) {
      event.preventDefault();
      take(filesOfDrop(event.dataTransfer));
    }
  });
  for (const kind of ["files", "folder"]) {
    const input = root.querySelector(`[data-pumba-${kind}]`);
    root.querySelector(`[data-pumba-choose-${kind}]`).addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      take(Promise.resolve(filesOfInput(input)));
      // So that the same folder can be chosen a second time.
      input.value = "";
    });
  }
}
