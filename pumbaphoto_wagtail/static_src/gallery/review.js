import { autosave } from "./notes.js";
import { words } from "./words.js";

const connectPick = (pick, picks) => {
  const photo = pick.dataset.photo;
  const field = pick.querySelector(".pumba-pick__note");
  const button = pick.querySelector("button[name=take-heart]");
  const save = autosave(field, () => photo, picks);
  button?.addEventListener("click", (event) => {
    event.preventDefault();
    picks.setFavourite(photo, !picks.isFavourite(photo));
  });
  picks.addEventListener("change", () => {
    if (!button) return;
    const isFavourite = picks.isFavourite(photo);
    button.querySelector("[data-pumba-label]").textContent = isFavourite
      ? words.remove
      : words.putBack;
    pick.classList.toggle("pumba-pick--removed", !isFavourite);
  });
  return save;
};

/** The review: notes save themselves, and what was removed can be put back. */
export const connectReview = (gallery, picks) => {
  const saves = [...gallery.querySelectorAll(".pumba-pick")].map((pick) => connectPick(pick, picks));
  const send = gallery.querySelector("[data-pumba-send]");
  if (!send) return;
  let isReady = false;
  send.form.addEventListener("submit", async (event) => {
    if (isReady) return;
    event.preventDefault();
    // What is sent must be what stands here: everything on its way arrives first.
    const arrived = await Promise.all(saves.map((save) => save()));
    if (!arrived.every(Boolean) || !(await picks.settled())) return;
    isReady = true;
    for (const field of gallery.querySelectorAll(".pumba-pick__note")) field.disabled = true;
    // Not from within this event: a form ignores being submitted while it is being submitted, and
    // with nothing left to save we still are.
    window.setTimeout(() => send.form.requestSubmit(send));
  });
};
