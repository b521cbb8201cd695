// Comparing favourites: fetched by the gallery's page when somebody wants to.
export { Comparison } from "./gallery/compare.js";
