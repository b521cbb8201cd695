// Arrows go from tile to tile, as one sees them: sideways along the wall, up and down by rows.
const LINK = ".pumba-tile__link";

export const connectKeys = (gallery, wall) => {
  const steps = (index) => ({
    ArrowRight: () => index + 1,
    ArrowLeft: () => index - 1,
    ArrowDown: () => wall.beside(index, 1),
    ArrowUp: () => wall.beside(index, -1),
  });
  const mirrored = { ArrowRight: "ArrowLeft", ArrowLeft: "ArrowRight" };

  gallery.addEventListener("keydown", async (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const tile = event.target.closest?.(LINK)?.closest("[data-photo]");
    if (!tile) return;
    const isMirrored = getComputedStyle(gallery).direction === "rtl";
    const key = (isMirrored && mirrored[event.key]) || event.key;
    const step = steps(wall.indexOf(tile.dataset.photo))[key];
    if (!step) return;
    event.preventDefault();
    const index = step();
    if (index < 0 || index >= wall.count) return;
    wall.reveal(index);
    await wall.load(index).catch(() => null);
    wall.reveal(index)?.querySelector(LINK)?.focus({ preventScroll: true });
  });
};
