// Where one was on the wall, kept for the way back to it and for a reload.
const AFTER_MS = 250;

const cameBack = () =>
  ["reload", "back_forward"].includes(performance.getEntriesByType("navigation")[0]?.type);

const remembered = (key) => {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    // A browser that keeps nothing.
    return null;
  }
};

const remember = (key, place) => {
  try {
    sessionStorage.setItem(key, JSON.stringify(place));
  } catch {
    // As above.
  }
};

const follow = async (wall, hash) => {
  const [, kind, uuid] = hash.match(/^#(photo|section)-([0-9a-f-]{36})$/) ?? [];
  if (kind === "section") document.getElementById(hash.slice(1))?.scrollIntoView();
  if (kind !== "photo") return;
  const index = await wall.find(uuid).catch(() => -1);
  wall.reveal(index);
};

/** Go to where the address points, or to where one was, and remember the place from now on. */
export const keepPlace = (wall) => {
  if (!wall.base) return;
  const key = () => `pumba-place ${wall.base} ${wall.show}`;
  const place = cameBack() ? remembered(key()) : null;
  if (place) {
    // The browser's own idea of the place is from before the wall was as high as it is.
    history.scrollRestoration = "manual";
    if (place.anchor) wall.returnTo(place.anchor);
    else window.scrollTo({ top: place.top, behavior: "instant" });
  } else if (location.hash) {
    follow(wall, location.hash);
  } else if (wall.firstIndex > 0) {
    wall.reveal(wall.firstIndex);
  }
  const keep = () => remember(key(), { anchor: wall.anchor, top: window.scrollY });
  let timer = 0;
  document.addEventListener(
    "scroll",
    () => {
      clearTimeout(timer);
      timer = setTimeout(keep, AFTER_MS);
    },
    { capture: true, passive: true },
  );
  window.addEventListener("pagehide", keep);
  window.addEventListener("hashchange", () => follow(wall, location.hash));
};
