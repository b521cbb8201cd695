// The client's gallery page. Everything works without this file; with it nothing reloads.
import { Bar, sayWithoutBar } from "./gallery/bar.js";
import { colourTiles } from "./gallery/colours.js";
import { offerComparison } from "./gallery/compare_offer.js";
import { connectConsent } from "./gallery/consent.js";
import { connectFilters } from "./gallery/filters.js";
import { connectHearts } from "./gallery/hearts.js";
import { Lightbox } from "./gallery/lightbox.js";
import { connectPager } from "./gallery/pages.js";
import { openOverWall } from "./gallery/photo_page.js";
import { Picks, sendLeftovers } from "./gallery/picks.js";
import { connectReview } from "./gallery/review.js";
import { connectSaving } from "./gallery/save.js";
import { connectSheets } from "./gallery/sheets.js";
import { Wall } from "./gallery/wall.js";
import { connectKeys } from "./gallery/wall_keys.js";
import { keepPlace } from "./gallery/wall_place.js";

const startGallery = (gallery) => {
  const state = JSON.parse(document.getElementById("pumba-state")?.textContent ?? "{}");
  const picks = state.can_choose
    ? new Picks(state, gallery.querySelector("[name=csrfmiddlewaretoken]").value)
    : null;
  const wall = new Wall(gallery);
  const lightbox = new Lightbox(gallery, wall, picks);
  colourTiles(gallery);
  connectPager(gallery, wall);
  connectFilters(gallery, wall, picks);
  connectKeys(gallery, wall);
  connectSheets(gallery);
  connectConsent(gallery, wall);
  connectSaving(gallery, wall);
  if (picks) {
    new Bar(gallery, picks);
    connectHearts(gallery, picks, wall);
    connectReview(gallery, picks, state);
    offerComparison(gallery, wall, picks, state);
    picks.start();
  } else {
    sendLeftovers(state, (sentence) => sayWithoutBar(gallery, sentence));
  }
  wall.start();
  keepPlace(wall);
  return lightbox;
};

document.querySelectorAll("[data-pumba]").forEach(startGallery);
document
  .querySelectorAll("[data-pumba-photo]")
  .forEach((page) => openOverWall(page, startGallery).catch(() => {}));
document.querySelectorAll("[data-pumba-portfolio]").forEach(colourTiles);
