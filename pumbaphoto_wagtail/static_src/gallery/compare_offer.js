import { sentence, words } from "./words.js";

/**
 * The buttons that lead to comparing: seen in Favourites and in the review, where there are two at
 * least. What they need is fetched by the first that is pressed.
 */
export const offerComparison = (gallery, wall, picks, { addresses, list }) => {
  let comparison = null;
  const get = async () => {
    const { Comparison } = await import(words.compareScript);
    const address = `${addresses.side_by_side}?${new URLSearchParams({ list })}`;
    return new Comparison(gallery, picks, address);
  };
  const open = async (uuids, opener) => {
    try {
      comparison ??= await get();
      await comparison.open(uuids, opener);
    } catch {
      const detail = { words: words.compareUnreachable };
      picks.dispatchEvent(new CustomEvent("trouble", { detail }));
    }
  };
  const draw = () => {
    const isPlace = !gallery.querySelector("[data-pumba-wall]") || wall.show === "favourites";
    const { chosen = 0, maximum } = picks.limits;
    const tooMany = Math.max(0, chosen - (maximum ?? chosen));
    for (const button of gallery.querySelectorAll("[data-pumba-compare]")) {
      button.hidden = !isPlace || picks.favourites.size < 2;
      button.textContent = tooMany
        ? sentence(words.compareTooMany, { count: tooMany })
        : words.compare;
    }
  };
  gallery.addEventListener("click", ({ target }) => {
    const opener = target.closest("[data-pumba-compare]");
    if (opener) open(null, opener);
  });
  picks.addEventListener("change", draw);
  wall.addEventListener("changed", draw);
  draw();
  return { open };
};
