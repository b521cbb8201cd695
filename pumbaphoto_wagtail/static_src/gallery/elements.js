const SVG = "http://www.w3.org/2000/svg";

/** An element with properties, attributes (by setAttribute, under `attributes`) and children. */
export const element = (name, { attributes = {}, ...properties } = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};

/** One of the drawings in the page's sprite. */
export const icon = (name) => {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#pumba-${name}`);
  svg.append(use);
  return svg;
};
