// The slideshow: a picture frame. Without this file its page shows one photo after the other by links.
import { Show } from "./slideshow/show.js";

new Show(JSON.parse(document.getElementById("pumba-show").textContent)).open();
