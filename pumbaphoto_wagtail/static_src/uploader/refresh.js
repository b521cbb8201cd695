// The parts of the page that have changed on the server, put in place without loading it anew.

export async function refresh() {
  let text;
  try {
    const response = await fetch(window.location.href, { credentials: "same-origin" });
    if (!response.ok || response.redirected) {
      return;
    }
    text = await response.text();
  } catch {
    return;
  }
  const fresh = new DOMParser().parseFromString(text, "text/html");
  for (const part of document.querySelectorAll("[data-pumba-refresh]")) {
    const replacement = part.id && fresh.getElementById(part.id);
    if (replacement && !part.contains(document.activeElement)) {
      part.replaceWith(document.importNode(replacement, true));
    }
  }
  document.dispatchEvent(new Event("pumba:refreshed"));
}
