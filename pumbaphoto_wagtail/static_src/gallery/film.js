import { element, icon } from "./elements.js";
import { sentence, words } from "./words.js";

const ALLOWED = "autoplay; fullscreen; encrypted-media; picture-in-picture";

/**
 * A film in the lightbox: its thumbnail and a button, until that is pressed. Nothing of its
 * provider's is asked for before, and nothing is left of it once another photo is shown.
 */
class Film {
  #details;
  #box;

  constructor(details) {
    this.#details = details;
    this.#box = element("div", {
      className: `pumba-film pumba-r${details.proportion}`,
    });
    const { provider } = details.film;
    const said = element(
      "p",
      { className: "pumba-film__words", id: `pumba-film-${details.uuid}` },
      ...(details.name
        ? [element("strong", { className: "pumba-film__name", textContent: details.name }), " "]
        : []),
      sentence(words.filmWords, { provider }),
    );
    this.element = element("div", { className: "pumba-film-slide" }, this.#box, said);
    this.stop();
  }

  play() {
    if (this.#box.querySelector("iframe")) return;
    const frame = element("iframe", {
      className: "pumba-film__frame",
      src: this.#details.film.play,
      title: this.#details.alt,
      attributes: { allow: ALLOWED, allowfullscreen: "" },
    });
    this.#box.replaceChildren(frame);
    frame.focus();
  }

  stop() {
    if (this.#box.firstChild && !this.#box.querySelector("iframe")) return;
    const button = element(
      "button",
      {
        type: "button",
        className: "pumba-film__play",
        attributes: {
          "aria-label": sentence(words.play, { name: this.#details.alt }),
          "aria-describedby": `pumba-film-${this.#details.uuid}`,
        },
      },
      element("span", { className: "pumba-film__sign" }, icon("play")),
    );
    button.addEventListener("click", () => this.play());
    const { display } = this.#details;
    const picture = element("img", { className: "pumba-film__picture", alt: "" });
    if (display) picture.src = display.url;
    this.#box.replaceChildren(...(display ? [picture] : []), button);
  }
}

/** What PhotoSwipe needs to know of a film. */
export const filmSlide = (details) => ({ type: "film", details });

/** Lets a PhotoSwipe show films, and stops the one that plays when another photo comes. */
export const drawFilms = (pswp) => {
  pswp.on("contentLoad", (event) => {
    const { content } = event;
    if (content.type !== "film") return;
    event.preventDefault();
    content.film = new Film(content.data.details);
    content.element = content.film.element;
    content.state = "loaded";
    content.onLoaded();
  });
  pswp.on("contentDeactivate", ({ content }) => content.film?.stop());
  pswp.on("close", () => pswp.currSlide?.content.film?.stop());
};
