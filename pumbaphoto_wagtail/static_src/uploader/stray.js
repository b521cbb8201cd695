// Files that are dragged over a tab of the workspace that takes none.
//
// A browser would leave the page to show the file that is let go. Here it stays, says where files
// are taken, and opens that tab when the files are held above its name, as folders do elsewhere.

const SPRING_MILLISECONDS = 700;

export function catchStrayFiles(notice) {
  let spring = null;
  const rest = () => {
    window.clearTimeout(spring && spring.timer);
    spring = null;
  };
  const over = (event) => {
    if (!Array.from(event.dataTransfer.types).includes("Files")) {
      return;
    }
    event.preventDefault();
    event.dataTransfer.dropEffect = "none";
    notice.hidden = false;
    const link = event.target.closest && event.target.closest(".pumba-tabs a");
    if (!spring || spring.link !== link) {
      rest();
      const open = () => link && window.location.assign(link.href);
      spring = { link, timer: window.setTimeout(open, SPRING_MILLISECONDS) };
    }
  };
  const end = (event) => {
    if (event.type === "drop") {
      event.preventDefault();
    }
    if (event.type === "drop" || !event.relatedTarget) {
      rest();
      notice.hidden = true;
    }
  };
  window.addEventListener("dragover", over, true);
  window.addEventListener("dragleave", end, true);
  window.addEventListener("drop", end, true);
}
