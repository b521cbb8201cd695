const PULSE_MS = 120;

const draw = (tile, picks) => {
  const photo = tile.dataset.photo;
  const heart = tile.querySelector(".pumba-heart");
  const dot = tile.querySelector(".pumba-tile__note");
  if (!heart) return;
  const isFavourite = picks.isFavourite(photo);
  heart.setAttribute("aria-pressed", String(isFavourite));
  heart.name = isFavourite ? "take-heart" : "give-heart";
  if (dot) dot.hidden = !picks.note(photo);
};

/** Hearts on the tiles: buttons of a form, sent without leaving the page. */
export const connectHearts = (gallery, picks, hung) => {
  const wall = gallery.querySelector(".pumba-wall");
  if (!wall) return;
  hung.addEventListener("hung", ({ detail }) => {
    detail.tiles.forEach((tile) => draw(tile, picks));
  });
  picks.addEventListener("change", ({ detail }) => {
    const touched = detail.photo ? `[data-photo="${detail.photo}"]` : "[data-photo]";
    wall.querySelectorAll(`.pumba-tile${touched}`).forEach((tile) => draw(tile, picks));
  });
  wall.addEventListener("click", (event) => {
    const heart = event.target.closest("button.pumba-heart");
    if (!heart) return;
    event.preventDefault();
    const photo = heart.value;
    const on = !picks.isFavourite(photo);
    picks.setFavourite(photo, on);
    if (on) {
      heart.classList.add("pumba-heart--just-given");
      setTimeout(() => heart.classList.remove("pumba-heart--just-given"), PULSE_MS);
    }
  });
};
