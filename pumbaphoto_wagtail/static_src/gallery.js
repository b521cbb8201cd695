// The client's gallery page. Everything works without this file; with it nothing reloads.
import { Bar } from "./gallery/bar.js";
import { colourTiles } from "./gallery/colours.js";
import { connectHearts } from "./gallery/hearts.js";
import { Lightbox } from "./gallery/lightbox.js";
import { loadFurtherPages } from "./gallery/pages.js";
import { openOverWall } from "./gallery/photo_page.js";
import { Picks } from "./gallery/picks.js";
import { connectReview } from "./gallery/review.js";
import { TilesOnPage } from "./gallery/tiles_on_page.js";

const startGallery = (gallery) => {
  const state = JSON.parse(document.getElementById("pumba-state")?.textContent ?? "{}");
  const picks = state.can_choose
    ? new Picks(state, gallery.querySelector("[name=csrfmiddlewaretoken]").value)
    : null;
  const wall = new TilesOnPage(gallery);
  const lightbox = new Lightbox(gallery, wall, picks);
  colourTiles(gallery);
  loadFurtherPages(gallery, (added) => {
    colourTiles(added);
    wall.dispatchEvent(new Event("changed"));
    picks?.announce();
  });
  if (picks) {
    new Bar(gallery, picks);
    connectHearts(gallery, picks);
    connectReview(gallery, picks);
  }
  return lightbox;
};

document.querySelectorAll("[data-pumba]").forEach(startGallery);
document
  .querySelectorAll("[data-pumba-photo]")
  .forEach((page) => openOverWall(page, startGallery).catch(() => {}));
