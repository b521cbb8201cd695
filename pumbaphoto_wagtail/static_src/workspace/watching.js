// A part of the page that changes while somebody looks at it: it is fetched anew every few seconds,
// for as long as the server marks it so. Without it the page says the same when it is loaded again.

const SECONDS = 3;

export function watch(id) {
  async function look() {
    const part = document.getElementById(id);
    if (!part || !("pumbaWatch" in part.dataset)) {
      return;
    }
    if (!document.hidden) {
      await exchange(part);
    }
    window.setTimeout(look, SECONDS * 1000);
  }

  async function exchange(part) {
    try {
      const answer = await fetch(window.location.href, { credentials: "same-origin" });
      if (!answer.ok) {
        return;
      }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const present = page.getElementById(id);
      if (present) {
        part.replaceWith(document.adoptNode(present));
      }
    } catch {
      // The next look tells.
    }
  }

  window.setTimeout(look, SECONDS * 1000);
}
