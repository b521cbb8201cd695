// Words for what JavaScript adds, written by the template in the visitor's language.
export const words = document.getElementById("pumba-words")?.dataset ?? {};

const numbers = new Intl.NumberFormat(document.documentElement.lang || undefined);

/** A sentence with its {values} put in, numbers as the visitor's language writes them. */
export const sentence = (template = "", values = {}) =>
  template.replace(/\{(\w+)\}/g, (_found, name) => {
    const value = values[name] ?? "";
    return typeof value === "number" ? numbers.format(value) : value;
  });
