// The review board: walking from edit to edit in place, by keyboard, live while files arrive.

import { showKeys, pressKeys } from "./workspace/board_keys.js";
import { followNews } from "./workspace/board_news.js";
import { lookClosely } from "./workspace/board_pair.js";
import { stepFromTileToTile } from "./workspace/board_tiles.js";
import { walkInPlace } from "./workspace/board_walk.js";

function arrive() {
  lookClosely();
  showKeys();
}

if (document.querySelector("[data-pumba-board]")) {
  walkInPlace(arrive);
  pressKeys();
  stepFromTileToTile();
  arrive();
}
followNews();
