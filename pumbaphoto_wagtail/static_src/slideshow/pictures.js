import { element } from "../gallery/elements.js";

// Of a photo that is not in the network's reach, the smaller picture is kept.
const TIERS = ["view", "display"];
// Roughly what a pixel takes, where the browser does not tell.
const BYTES_PER_PIXEL = 0.3;

/**
 * A photo as a picture that begins to load at once, in one tier or in all, of which the browser
 * takes the one that fits its screen.
 */
export const pictureOf = (slide, tiers = TIERS) => {
  const shown = tiers.map((tier) => slide[tier]);
  const largest = shown[shown.length - 1];
  const types = largest.sources.map((source) => source.type);
  const sources = types.map((type) =>
    element("source", {
      type,
      srcset: sourceSet(shown.map((one) => [urlOf(one, type), one.width])),
      sizes: sizesOf(largest),
    }),
  );
  const image = element("img", { alt: "", decoding: "async", draggable: false });
  const picture = element("picture", { className: "pumba-show__picture" }, ...sources, image);
  image.width = largest.width;
  image.height = largest.height;
  image.sizes = sizesOf(largest);
  image.srcset = sourceSet(shown.map((one) => [one.url, one.width]));
  image.src = largest.url;
  return picture;
};

export const imageIn = (picture) => picture.querySelector("img");

/** How many bytes came for a picture; about how many where that is not known. */
export const bytesOf = (picture) => {
  const image = imageIn(picture);
  const [entry] = performance.getEntriesByName(image.currentSrc, "resource");
  // Or else a show of a whole night would keep an entry for each picture of it.
  performance.clearResourceTimings();
  return entry?.encodedBodySize || image.naturalWidth * image.naturalHeight * BYTES_PER_PIXEL;
};

const urlOf = (tier, type) =>
  tier.sources.find((source) => source.type === type)?.url ?? tier.url;

const sourceSet = (pairs) => pairs.map(([url, width]) => `${url} ${width}w`).join(", ");

/** As wide as it will be: whole within the window. */
const sizesOf = ({ width, height }) =>
  `${Math.ceil(Math.min(window.innerWidth, (window.innerHeight * width) / height))}px`;
