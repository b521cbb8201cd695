import { autosave } from "./notes.js";
import { words } from "./words.js";

const connectPick = (pick, picks) => {
  const photo = pick.dataset.photo;
  const field = pick.querySelector(".pumba-pick__note");
  const button = pick.querySelector("button[name=take-heart]");
  const save = autosave(field, () => photo, picks);
  const draw = () => {
    const isFavourite = picks.isFavourite(photo);
    button.querySelector("[data-pumba-label]").textContent = isFavourite
      ? words.remove
      : words.putBack;
    pick.classList.toggle("pumba-pick--removed", !isFavourite);
  };
  const isWritten = () => document.activeElement === field || field.value !== field.defaultValue;
  // What was kept in another tab or before this one was closed is newer than the page.
  if (!isWritten()) field.value = picks.note(photo);
  button?.addEventListener("click", (event) => {
    event.preventDefault();
    picks.setFavourite(photo, !picks.isFavourite(photo));
  });
  if (button) picks.addEventListener("change", draw);
  return save;
};

/**
 * Photos that came from another window are not on this page: it is made anew, as soon as the server
 * has them, nobody writes and nothing is being sent (the server's answer to that is a newer page,
 * and a reload would take its place). Returns whether all of them are on it.
 */
const followOthers = (picks, { favourites, notes }, isSending) => {
  const known = new Set([...favourites, ...Object.keys(notes)]);
  const isComplete = () => picks.arrived.every((photo) => known.has(photo));
  let isLeaving = false;
  picks.addEventListener("change", () => {
    if (isLeaving || isSending() || isComplete()) return;
    if (document.activeElement?.tagName === "TEXTAREA") return;
    isLeaving = true;
    window.location.reload();
  });
  // Between the making of the page and this moment nobody listened.
  picks.lookAgain();
  return isComplete;
};

/** The review: notes save themselves, and what was removed can be put back. */
export const connectReview = (gallery, picks, state) => {
  const send = gallery.querySelector("[data-pumba-send]");
  if (!send) return;
  const saves = [...gallery.querySelectorAll(".pumba-pick")].map((pick) => connectPick(pick, picks));
  const seen = gallery.querySelector("[data-pumba-seen]");
  let isSending = false;
  const isComplete = followOthers(picks, state, () => isSending);
  let isReady = false;
  send.form.addEventListener("submit", async (event) => {
    if (isReady) return;
    event.preventDefault();
    const { submitter } = event;
    // What is sent must be what stands here: everything on its way arrives first.
    isSending = true;
    const arrived = await Promise.all(saves.map((save) => save()));
    if (!arrived.every(Boolean) || !(await picks.settled())) {
      isSending = false;
      return;
    }
    isReady = true;
    // With a photo that does not stand here the server asks for another look.
    if (isComplete()) seen.value = picks.mark;
    for (const field of gallery.querySelectorAll(".pumba-pick__note")) field.disabled = true;
    // Not from within this event: a form ignores being submitted while it is being submitted, and
    // with nothing left to save we still are.
    window.setTimeout(() => send.form.requestSubmit(submitter));
  });
};
