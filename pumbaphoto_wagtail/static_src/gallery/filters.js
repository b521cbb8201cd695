import { element } from "./elements.js";

// Filters without a new page. Their links work as links wherever this does not.
const WAIT_MS = 1500;

const inTime = (promise) =>
  Promise.race([promise, new Promise((resolve) => setTimeout(resolve, WAIT_MS))]);

const filterOf = (address) => new URL(address, location.href).searchParams.get("show");

const anchor = ({ uuid, title }) =>
  element("li", {}, element("a", { href: `#section-${uuid}`, textContent: title }));

/** The sections beside the filters, as anchors within this page. */
const drawSections = (row, wall, isShown) => {
  row.querySelector(".pumba-filters__list--sections")?.remove();
  const sections = isShown ? wall.sections.filter(({ uuid }) => uuid) : [];
  if (sections.length < 2) return;
  const className = "pumba-filters__list pumba-filters__list--sections";
  row.append(element("ul", { className }, ...sections.map(anchor)));
};

export const connectFilters = (gallery, wall, picks) => {
  const row = gallery.querySelector(".pumba-filters");
  if (!row || !wall.base) return;
  const links = [...row.querySelectorAll("a[data-show]")];
  const shows = links.map((link) => link.dataset.show);
  const all = shows[0] ?? "all";
  drawSections(row, wall, wall.show === all);
  if (!shows.includes(wall.show)) return;
  let newest = 0;

  const mark = (show) => {
    for (const link of links) {
      if (link.dataset.show === show) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };
  const turnTo = async (show) => {
    newest += 1;
    const turn = newest;
    mark(show);
    // Hearts that are on their way belong to what is asked for.
    await inTime(picks?.settled() ?? null);
    if (turn !== newest) return;
    await wall.turnTo(show);
    drawSections(row, wall, show === all);
  };

  for (const link of links) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      const { show } = link.dataset;
      if (show === wall.show) return;
      turnTo(show).then(
        () => history.pushState({ show }, "", link.href),
        () => location.assign(link.href),
      );
    });
  }
  window.addEventListener("popstate", () => {
    const show = filterOf(location.href) ?? all;
    if (show === wall.show || !shows.includes(show)) return;
    turnTo(show).catch(() => location.reload());
  });
};
