// The dashboard stays as it is on the server while somebody looks at it.

import { copyMessages } from "./dashboard/copying.js";
import { keepLive } from "./dashboard/living.js";

const root = document.querySelector("[data-pumba-dashboard]");
if (root) {
  keepLive(root);
  copyMessages(root);
}
