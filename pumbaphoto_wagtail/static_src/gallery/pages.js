// The plain pager: what the wall falls back to.
export const connectPager = (gallery, wall) => {
  const pager = gallery.querySelector(".pumba-pager");
  if (!pager || !wall.base) return;
  pager.hidden = true;
  wall.addEventListener("trouble", ({ detail }) => {
    const link = pager.querySelector("a");
    const address = new URL(link.href, location.href);
    address.searchParams.set("page", detail.page);
    link.href = address;
    pager.replaceChildren(link);
    pager.classList.add("pumba-pager--rescue");
    pager.hidden = false;
  });
  wall.addEventListener("changed", () => {
    pager.hidden = true;
  });
};
