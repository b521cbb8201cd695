// Tiles for the photos that come near, copied from the page's own template.
const sourceSets = (grid, view) =>
  grid.sources
    .map(({ url, type }) => ({ type, small: url, large: view.sources.find((each) => each.type === type)?.url }))
    .filter(({ large }) => large)
    .map(({ type, small, large }) => ({ type, srcset: `${small} ${grid.width}w, ${large} ${view.width}w` }));

const fillIn = (element, name, { number, name: title }) => {
  const pattern = element?.getAttribute(name);
  if (!pattern) return;
  element.setAttribute(name, pattern.replace("{number}", number).replace("{name}", title));
};

/** Let a link of the pattern lead to an address of this photo; without one it goes. */
const lead = (link, address, photo) => {
  if (!link) return;
  if (!address) {
    link.remove();
    return;
  }
  link.href = address;
  fillIn(link, "aria-label", photo);
};

export class TileMaker {
  #pattern;

  constructor(template) {
    this.#pattern = template.content.querySelector(".pumba-tile");
  }

  /** A place whose photo is not known yet. */
  empty() {
    const tile = this.#pattern.cloneNode(false);
    tile.className = "pumba-tile";
    return tile;
  }

  /** Put a photo into an empty place. `width` is the tile's, in CSS pixels. */
  fill(tile, photo, width) {
    tile.id = `photo-${photo.uuid}`;
    tile.dataset.photo = photo.uuid;
    tile.style.backgroundColor = photo.colour;
    tile.append(...this.#pattern.cloneNode(true).childNodes);
    tile.querySelector(".pumba-tile__link").href = photo.pageUrl || photo.display.url;
    this.#film(tile, photo);
    this.#link(tile, photo, width);
    this.#tools(tile, photo);
  }

  /** A film has a sign and its title, and none of the tools for photos. */
  #film(tile, { film, name }) {
    const sign = tile.querySelector(".pumba-tile__film");
    tile.classList.toggle("pumba-tile--film", Boolean(film));
    if (!film) {
      sign.remove();
      return;
    }
    sign.querySelector(".pumba-tile__title").textContent = name;
    const link = tile.querySelector(".pumba-tile__link");
    for (const tool of [...tile.children]) if (tool !== link) tool.remove();
  }

  #link(tile, photo, width) {
    const picture = tile.querySelector("picture");
    if (!photo.view) {
      picture.remove();
      return;
    }
    const image = picture.querySelector("img");
    const sizes = `${Math.ceil(width)}px`;
    for (const set of sourceSets(photo.grid, photo.view)) {
      const source = document.createElement("source");
      Object.assign(source, { ...set, sizes });
      image.before(source);
    }
    // A film's title stands beside its picture.
    image.alt = photo.film ? "" : photo.alt;
    image.width = photo.view.width;
    image.height = photo.view.height;
    image.sizes = sizes;
    image.srcset = `${photo.grid.url} ${photo.grid.width}w, ${photo.view.url} ${photo.view.width}w`;
    image.src = photo.grid.url;
  }

  #tools(tile, photo) {
    const heart = tile.querySelector("button.pumba-heart");
    if (heart) heart.value = photo.uuid;
    fillIn(heart, "aria-label", photo);
    const download = tile.querySelector(".pumba-tile__download");
    if (download && !(photo.download || photo.web)) download.remove();
    else if (download) download.href = photo.download || photo.web;
    fillIn(download, "aria-label", photo);
    lead(tile.querySelector(".pumba-tile__ask"), photo.ask, photo);
    lead(tile.querySelector(".pumba-tile__compare"), photo.compare, photo);
    this.#tick(tile.querySelector(".pumba-tile__consent"), photo);
    if (!photo.isFavourite) tile.querySelector(".pumba-heart--given")?.remove();
  }

  #tick(button, photo) {
    if (!button) return;
    if (!photo.consent) {
      button.remove();
      return;
    }
    button.value = photo.consent;
    button.setAttribute("aria-pressed", String(photo.isAllowed));
    fillIn(button, "aria-label", photo);
  }
}

/** Take a tile away; a picture that is still on its way is not waited for. */
export const takeDown = (tile) => {
  for (const image of tile.querySelectorAll("img")) {
    if (image.complete) continue;
    image.closest("picture")?.querySelectorAll("source").forEach((source) => source.remove());
    image.removeAttribute("srcset");
    image.removeAttribute("src");
  }
  tile.remove();
};
