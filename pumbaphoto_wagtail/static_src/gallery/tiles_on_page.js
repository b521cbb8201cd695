const number = (text) => Number(text);

/** The tiles that are in the page, as the wall that the lightbox shows. */
export class TilesOnPage extends EventTarget {
  #gallery;

  constructor(gallery) {
    super();
    this.#gallery = gallery;
    this.show = gallery.querySelector(".pumba-tile__download") ? "ready" : "";
  }

  get #tiles() {
    return [...this.#gallery.querySelectorAll(".pumba-tile")];
  }

  get count() {
    return this.#tiles.length;
  }

  at(index) {
    const tile = this.tile(index);
    if (!tile) return null;
    const link = tile.querySelector(".pumba-tile__link");
    const { view, viewWidth, width, height, name } = link.dataset;
    const ratio = number(height) / number(width);
    return {
      uuid: tile.dataset.photo,
      name,
      alt: tile.querySelector("img").alt,
      colour: tile.dataset.colour,
      view: { url: view, width: number(viewWidth), height: number(viewWidth) * ratio, sources: [] },
      display: { url: link.href, width: number(width), height: number(height), sources: [] },
      download: tile.querySelector(".pumba-tile__download")?.href,
    };
  }

  async load(index) {
    return this.at(index);
  }

  indexOf(uuid) {
    return this.#tiles.findIndex((tile) => tile.dataset.photo === uuid);
  }

  async find(uuid) {
    return this.indexOf(uuid);
  }

  tile(index) {
    return this.#tiles[index] ?? null;
  }

  reveal(index) {
    this.tile(index)?.scrollIntoView({ block: "nearest" });
    return this.tile(index);
  }
}
