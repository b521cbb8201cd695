// Further pages of a long gallery, hung below as the visitor comes near the end. Without this the
// link "More photos" leads to them.
const AHEAD = "1200px";

const lastSection = (wall) => wall.querySelector(".pumba-section:last-of-type");

/** Hang what another page of the gallery shows; the tiles that were added, in a list each. */
const hang = (wall, incoming) => {
  const added = [];
  for (const section of incoming.querySelectorAll(".pumba-section")) {
    const before = lastSection(wall);
    if (before && before.id === section.id) {
      const tiles = [...section.querySelectorAll(".pumba-tile")];
      before.querySelector(".pumba-tiles").append(...tiles);
      added.push(...tiles);
    } else {
      wall.append(section);
      added.push(section);
    }
  }
  return added;
};

const fetchPage = async (address) => {
  const response = await fetch(address, { headers: { Accept: "text/html" } });
  if (!response.ok) throw new Error(String(response.status));
  return new DOMParser().parseFromString(await response.text(), "text/html");
};

export const loadFurtherPages = (gallery, onAdded) => {
  const wall = gallery.querySelector(".pumba-wall");
  if (!wall || !("IntersectionObserver" in window)) return;
  let isLoading = false;

  const observer = new IntersectionObserver(
    (entries) => entries.some((entry) => entry.isIntersecting) && load(),
    { rootMargin: AHEAD },
  );
  const watch = () => {
    const next = gallery.querySelector(".pumba-pager__next");
    if (next) observer.observe(next);
  };
  const load = async () => {
    const next = gallery.querySelector(".pumba-pager__next");
    if (!next || isLoading) return;
    isLoading = true;
    observer.disconnect();
    try {
      const page = await fetchPage(next.href);
      hang(wall, document.adoptNode(page.querySelector(".pumba-wall")));
      const pager = page.querySelector(".pumba-pager__next");
      if (pager) next.replaceWith(document.adoptNode(pager));
      else gallery.querySelector(".pumba-pager").remove();
      onAdded(wall);
      watch();
    } catch {
      // The link stays, and works as a link.
    } finally {
      isLoading = false;
    }
  };

  watch();
};
