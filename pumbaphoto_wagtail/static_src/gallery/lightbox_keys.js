const isControl = (element) => Boolean(element?.closest?.("button, a, input, textarea, select"));

/** What keys do in the lightbox; PhotoSwipe itself knows the arrows, Escape and Z for the zoom. */
export const keysOf = (lightbox) => (event) => {
  const { originalEvent } = event;
  const { key, target } = originalEvent;
  if (originalEvent.ctrlKey || originalEvent.metaKey || originalEvent.altKey) return;
  const act = {
    f: () => lightbox.toggleHeart(),
    n: () => lightbox.writeNote(),
    s: () => lightbox.toggleSlideshow(),
    home: () => lightbox.go(0),
    end: () => lightbox.go(lightbox.position.count - 1),
    // The page behind stays where it is.
    pageup: () => {},
    pagedown: () => {},
    // On a button the space bar presses the button.
    ...(isControl(target) ? {} : { " ": () => lightbox.toggleSlideshow() }),
  }[key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  originalEvent.preventDefault();
  act();
};
