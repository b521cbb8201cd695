// Ticks for what may be shown to others: buttons of a form, sent without leaving the page.
const TICK = "button.pumba-tile__consent";

/** Let the ticks of `gallery` say at once what they stand for; `hung` is its wall. */
export const connectConsent = (gallery, hung) => {
  const form = gallery.querySelector("form.pumba-consent");
  if (!form) return;
  const trouble = form.querySelector("[data-pumba-consent-trouble]");
  // What was said on this page; a tile that is hung anew is drawn from it.
  const said = new Map();
  let before = Promise.resolve();

  const draw = (button) => {
    const [photo] = button.value.split(":");
    if (!said.has(photo)) return;
    button.setAttribute("aria-pressed", String(said.get(photo)));
    button.value = `${photo}:${said.get(photo) ? "no" : "yes"}`;
  };
  // Several files of one photo are allowed together.
  const drawAll = () => gallery.querySelectorAll(TICK).forEach(draw);

  const send = async (photo, wish) => {
    const body = new FormData(form);
    body.set("photo", `${photo}:${wish}`);
    try {
      const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      trouble.hidden = true;
    } catch {
      said.set(photo, wish !== "yes");
      drawAll();
      trouble.textContent = form.dataset.notSaved;
      trouble.hidden = false;
    }
  };

  hung.addEventListener("hung", ({ detail }) => {
    detail.tiles.forEach((tile) => tile.querySelectorAll(TICK).forEach(draw));
  });
  gallery.addEventListener("click", (event) => {
    const button = event.target.closest(TICK);
    if (!button) return;
    event.preventDefault();
    const [photo, wish] = button.value.split(":");
    said.set(photo, wish === "yes");
    drawAll();
    // One after the other, so that what was said last is what stands.
    before = before.then(() => send(photo, wish));
  });
};
