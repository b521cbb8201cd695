/**
 * Put the wall behind a photo's own page, and show the photo over it. Whatever fails, the page
 * stays, and works without this.
 */
export const openOverWall = async (photoPage, start) => {
  const { pumbaPhoto: photo, wall: address } = photoPage.dataset;
  const response = await fetch(address, { headers: { Accept: "text/html" } });
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const found = page.querySelector("[data-pumba]");
  if (!found) return;
  const gallery = document.adoptNode(found);
  photoPage.after(gallery);
  // After a reload the step back to the wall is there already.
  if (!window.history.state?.pumba) window.history.replaceState(null, "", address);
  document.title = page.title;
  await start(gallery).openPhoto(photo, { isInstant: true });
  photoPage.remove();
};
