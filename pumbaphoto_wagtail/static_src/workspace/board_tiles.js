// In the grid of originals the arrows go from photo to photo.

const SIDEWAYS = { ArrowRight: 1, ArrowLeft: -1 };

export function stepFromTileToTile() {
  document.addEventListener("keydown", (event) => {
    if (!event.key.startsWith("Arrow") || event.target.closest("input, select, textarea")) {
      return;
    }
    const tiles = [...document.querySelectorAll("[data-pumba-tile]")];
    if (!tiles.length) {
      return;
    }
    const here = tiles.indexOf(event.target);
    const next = here < 0 ? tiles[0] : neighbour(tiles, here, event.key);
    if (next) {
      event.preventDefault();
      next.focus();
      next.scrollIntoView({ block: "nearest" });
    }
  });
}

function neighbour(tiles, here, key) {
  if (key in SIDEWAYS) {
    return tiles[here + SIDEWAYS[key] * (document.dir === "rtl" ? -1 : 1)];
  }
  const from = tiles[here].getBoundingClientRect();
  const line = key === "ArrowDown" ? tiles.slice(here + 1) : tiles.slice(0, here).reverse();
  return line.find((tile) => {
    const { left, top } = tile.getBoundingClientRect();
    return Math.abs(left - from.left) < from.width / 2 && Math.abs(top - from.top) > from.height / 2;
  });
}
