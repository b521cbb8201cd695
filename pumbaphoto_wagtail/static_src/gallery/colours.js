// A tile shows its picture's average colour until the picture is there. Set through the CSSOM, since
// a style attribute would break the content security policy.
export const colourTiles = (root) => {
  for (const tile of root.querySelectorAll("[data-colour]")) {
    tile.style.backgroundColor = tile.dataset.colour;
  }
};
