// The files are read from this tab: while some are on their way, it is not left by accident.

/** `isNeeded()` says whether leaving would lose something. */
export function keepTab(isNeeded, words) {
  window.addEventListener("beforeunload", (event) => {
    if (isNeeded()) {
      event.preventDefault();
      event.returnValue = words;
    }
  });
  // Before any script of the page sees the click: the sidebar has its own way of leaving.
  window.addEventListener(
    "click",
    (event) => {
      const link = event.target.closest && event.target.closest("a[href]");
      if (link && isNeeded() && wouldLeave(link, event)) {
        event.stopPropagation();
        openBeside(link);
      }
    },
    true,
  );
}

function wouldLeave(link, event) {
  const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey);
  const isElsewhere = link.protocol.startsWith("http") && !staysHere(link);
  return isPlain && isElsewhere && !link.target && !link.hasAttribute("download");
}

function staysHere(link) {
  if ("pumbaInPlace" in link.dataset) {
    return true;
  }
  const [address] = link.href.split("#");
  return link.hash && address === window.location.href.split("#")[0];
}

/** Let the browser open the link itself, so that it counts as asked for by the person. */
function openBeside(link) {
  link.target = "_blank";
  link.relList.add("noopener");
  window.setTimeout(() => link.removeAttribute("target"), 0);
}
