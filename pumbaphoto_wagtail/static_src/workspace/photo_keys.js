// On the page of one photo: arrows lead to its neighbours, Esc back to the grid.

const FIELDS = "input, textarea, select, [contenteditable], dialog, .w-dialog";
const MIRRORED = { ArrowLeft: "ArrowRight", ArrowRight: "ArrowLeft" };

export function connectPhotoKeys(page) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) {
      return;
    }
    if (event.target.closest(FIELDS) || document.querySelector(".w-dialog:not([aria-hidden])")) {
      return;
    }
    const isMirrored = document.documentElement.dir === "rtl";
    const key = (isMirrored && MIRRORED[event.key]) || event.key;
    const link = page.querySelector(`[data-pumba-key="${CSS.escape(key)}"]`);
    if (link) {
      event.preventDefault();
      link.click();
    }
  });
}
