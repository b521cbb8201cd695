import { element } from "./elements.js";
import { words } from "./words.js";

const sized = ({ url, width }) => `${url} ${width}w`;

/** `<source>` elements for a photo's pictures, one for each format, the best first. */
const formats = ({ view, display }) =>
  display.sources.map(({ type, url }) => {
    const small = view.sources.find((source) => source.type === type);
    const pictures = [{ url, width: display.width }];
    if (small) pictures.unshift({ url: small.url, width: view.width });
    return { type, srcset: pictures.map(sized).join(", ") };
  });

/** What PhotoSwipe needs to know of a photo: `view` or `display`, whichever the screen can show. */
export const slideOf = (details) => ({
  src: details.display.url,
  srcset: [details.view, details.display].map(sized).join(", "),
  width: details.display.width,
  height: details.display.height,
  alt: details.alt,
  formats: formats(details),
  details,
});

/** A place about which nothing has arrived yet, or which did not arrive at all. */
export const emptySlide = (hasFailed) => {
  const message = element("p", { className: "pumba-slide-message", textContent: words.unreachable });
  return { type: "empty", html: hasFailed ? message.outerHTML : "", hasFailed };
};

const source = ({ type, srcset }) => element("source", { type, srcset });

/** Lets a PhotoSwipe show its pictures in the best format that the browser can, and `view` at once. */
export const drawSlides = (pswp) => {
  pswp.on("contentLoadImage", ({ content }) => wrap(content));
  pswp.on("imageSizeChange", ({ content }) => setSizes(content));
  pswp.on("contentAppendImage", (event) => append(event));
  pswp.on("contentRemove", (event) => remove(event));
  pswp.on("loadError", ({ content }) => (content.picture = null));
  pswp.on("slideLoad", ({ slide }) => placeView(slide));
  pswp.addFilter("isContentLoading", (isLoading, { data }) =>
    data.type === "empty" ? !data.hasFailed : isLoading,
  );
};

const wrap = (content) => {
  if (!content.data.formats?.length) return;
  content.picture = element("picture", {}, ...content.data.formats.map(source), content.element);
  setSizes(content);
};

const setSizes = ({ picture, displayedImageWidth }) => {
  for (const one of picture?.querySelectorAll("source") ?? []) {
    // Never lower, once a picture was wanted large.
    if (displayedImageWidth > parseInt(one.sizes || "0", 10)) one.sizes = `${displayedImageWidth}px`;
  }
};

const append = (event) => {
  const { picture, slide } = event.content;
  if (!picture || !slide) return;
  event.preventDefault();
  if (picture.parentNode !== slide.container) slide.container.append(picture);
  if (event.content.state === "loaded") event.content.removePlaceholder();
};

const remove = (event) => {
  const { picture, placeholder } = event.content;
  if (!picture) return;
  event.preventDefault();
  picture.remove();
  placeholder?.element?.remove();
};

/** Under a picture on its way: `view`, and under that what hangs on the wall already. */
const placeView = ({ content, data }) => {
  const place = content.placeholder?.element;
  if (!place || !data.details || place.firstChild) return;
  const { view, colour } = data.details;
  place.style.backgroundColor = colour ?? "";
  if (data.hung) place.style.backgroundImage = `url("${data.hung}")`;
  const image = element("img", { src: view.url, alt: "", decoding: "async" });
  const sources = view.sources.map(({ type, url }) => source({ type, srcset: url }));
  place.append(element("picture", {}, ...sources, image));
};
