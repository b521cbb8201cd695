// The cells of the grid: copied from the page's template, filled with what the server says of a photo.

export class CellMaker {
  #pattern;
  #heart;
  #noted;

  constructor(root) {
    this.#pattern = root.querySelector("template[data-pumba-cell]").content.firstElementChild;
    this.#heart = root.querySelector("template[data-pumba-cell-heart]").content.firstElementChild;
    this.#noted = root.querySelector("template[data-pumba-cell-noted]").content.firstElementChild;
  }

  /** A place whose photo is not known yet. */
  empty(key, index, count) {
    const cell = this.#pattern.cloneNode(true);
    cell.id = `photo-${key}`;
    cell.dataset.key = key;
    cell.dataset.index = index;
    cell.setAttribute("aria-posinset", index + 1);
    cell.setAttribute("aria-setsize", count);
    return cell;
  }

  /** `side`: how wide its picture is shown, in CSS pixels. */
  fill(cell, photo, side) {
    cell.dataset.uuid = photo.uuid;
    cell.setAttribute("aria-label", photo.label);
    cell.classList.toggle("pumba-cell--picked", Boolean(photo.hearts));
    cell.classList.toggle("pumba-cell--noted", Boolean(photo.notes));
    const [frame, name] = cell.children;
    name.textContent = photo.name;
    name.title = photo.name;
    this.#hang(frame, photo, side);
    if (photo.marks) frame.append(words("pumba-tile__mark", photo.marks.join(" · ")));
    if (photo.hearts) frame.append(marked(this.#heart, photo.hearts));
    if (photo.notes) {
      const notes = photo.notes.join(" · ");
      frame.append(marked(this.#noted, notes));
      cell.append(words("pumba-cell__note", notes));
    }
  }

  #hang(frame, photo, side) {
    const image = frame.firstElementChild;
    if (!photo.src) {
      image.replaceWith(words("pumba-tile__nothing", photo.words ?? ""));
      return;
    }
    if (photo.colour) frame.style.backgroundColor = `color-mix(in srgb, ${photo.colour} 25%, transparent)`;
    image.addEventListener("load", () => (frame.style.backgroundColor = ""), { once: true });
    image.sizes = `${Math.ceil(side)}px`;
    image.srcset = photo.srcset;
    image.src = photo.src;
  }
}

const marked = (pattern, title) => {
  const mark = pattern.cloneNode(true);
  mark.title = title;
  return mark;
};

/**
 * Words on a cell. The style sheet writes them: the cell's label says the same in an order that can
 * be listened to, and speech control takes what is written in a cell for its name.
 */
const words = (className, text) => {
  const element = document.createElement("span");
  element.className = className;
  element.dataset.words = text;
  element.title = text;
  return element;
};
