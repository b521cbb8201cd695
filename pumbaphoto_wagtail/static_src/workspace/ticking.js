// Ticking many photos: arrows go from box to box, Shift takes all between two, and a count says how
// many are ticked on this page. Without it the boxes are plain ones.

const STEPS = { ArrowRight: 1, ArrowLeft: -1 };

export function tickRanges(form) {
  const boxes = [...form.querySelectorAll("input[name=photo]")];
  const count = form.querySelector("[data-pumba-ticked]");
  let last = null;

  function tickUpTo(box, on) {
    const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
    for (const between of boxes.slice(from, to + 1)) {
      between.checked = on;
    }
  }

  function say() {
    const ticked = boxes.filter((box) => box.checked).length;
    count.textContent = ticked ? count.dataset.pumbaTicked.replace("%s", ticked) : "";
  }

  function neighbour(box, key) {
    const inLine = document.dir === "rtl" ? -1 : 1;
    if (key in STEPS) {
      return boxes[boxes.indexOf(box) + STEPS[key] * inLine];
    }
    const here = box.getBoundingClientRect();
    const lines = key === "ArrowDown" ? boxes.slice(boxes.indexOf(box) + 1) : boxes.slice(0, boxes.indexOf(box)).reverse();
    return lines.find((other) => {
      const there = other.getBoundingClientRect();
      return Math.abs(there.left - here.left) < here.width && Math.abs(there.top - here.top) > here.height;
    });
  }

  form.addEventListener("click", (event) => {
    const box = event.target;
    if (!boxes.includes(box)) {
      return;
    }
    if (event.shiftKey && last) {
      tickUpTo(box, box.checked);
    }
    last = box;
    say();
  });

  form.addEventListener("keydown", (event) => {
    const box = event.target;
    if (!boxes.includes(box)) {
      return;
    }
    if (event.key.startsWith("Arrow")) {
      const next = neighbour(box, event.key);
      if (next) {
        event.preventDefault();
        next.focus();
      }
    } else if (event.key === " " && event.shiftKey && last) {
      event.preventDefault();
      tickUpTo(box, true);
      last = box;
      say();
    }
  });
}
