// Words for what JavaScript adds, written by the template in the visitor's language.
export const words = document.getElementById("pumba-words")?.dataset ?? {};
