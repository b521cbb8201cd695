// The Photos tab as a screen for thousands: a grid in windows, selecting, acts, and what is new.

import { refresh } from "./uploader/refresh.js";
import { showKeys } from "./workspace/board_keys.js";
import { Grid } from "./workspace/grid.js";
import { Acts } from "./workspace/grid_acts.js";
import { Choice } from "./workspace/grid_choice.js";
import { connectFinder } from "./workspace/grid_finder.js";
import { connectKeys } from "./workspace/grid_keys.js";
import { News } from "./workspace/grid_news.js";
import { connectPhotoKeys } from "./workspace/photo_keys.js";

function start(section) {
  const data = JSON.parse(document.getElementById("pumba-photos-data").textContent);
  // What there is without a script goes before its pictures are asked for.
  section.querySelector("[data-pumba-plain]").remove();
  const choice = new Choice();
  const grid = new Grid(section, data, choice);

  function open(index) {
    const key = grid.keys[index];
    const uuid = grid.uuidOf(key);
    if (!uuid) return;
    // The browser's own "back" leads to where one was.
    window.history.replaceState(null, "", `#photo-${key}`);
    const link = document.createElement("a");
    link.href = `${data.base}${uuid}/${window.location.search}`;
    document.body.append(link);
    // As a click, so that a tab that still uploads keeps to itself and opens another.
    link.click();
    link.remove();
  }

  const words = section.querySelector("[data-pumba-photos-live]");
  const renew = async () => {
    const fresh = await grid.renew();
    await refresh();
    return fresh;
  };
  const news = new News(data, renew);
  const acts = new Acts(data, grid, choice, { open, settled: () => news.ask() });
  connectKeys(grid, choice, { open, act: (name) => acts.ask(name), toBar: () => acts.focus() });
  connectFinder(async () => {
    section.classList.toggle("pumba-photos--noted", new URLSearchParams(location.search).get("show") === "noted");
    await grid.turn().catch(() => window.location.reload());
  });
  grid.addEventListener("stale", () => news.ask());
  grid.addEventListener("trouble", () => (words.textContent = data.words.trouble));
  document.addEventListener("input", ({ target }) => {
    if (target.matches("[data-pumba-tile-size]")) grid.arrange();
  });
  showKeys();
  goTo(grid, window.location.hash);
}

/** Where the way back from a photo leads to. */
function goTo(grid, hash) {
  const [, key] = hash.match(/^#photo-(\d+)$/) ?? [];
  const index = key ? grid.indexOf(Number(key)) : -1;
  if (index < 0) return;
  grid.reveal(index, "center");
  grid.focus(index);
}

const section = document.querySelector("[data-pumba-photos]");
if (section) {
  start(section);
}

const page = document.querySelector("[data-pumba-photo]");
if (page) {
  connectPhotoKeys(page);
}
