// The form of a library: what its patterns would make of the folder, shown as they are typed.

const REST_MS = 700;
const FIELDS = "[name=patterns], [name=ignores], [name=folder], [name=storage]";

function start(root) {
  const form = root.closest("form");
  const button = root.querySelector("[name=action-try]");
  const status = root.querySelector("[data-pumba-trying]");
  const place = root.querySelector("[data-pumba-tried]");
  let asked = null;
  let timer = 0;

  async function tryNow() {
    window.clearTimeout(timer);
    asked?.abort();
    asked = new AbortController();
    status.textContent = status.dataset.pumbaWords;
    const data = new FormData(form);
    data.set(button.name, button.value);
    try {
      const answer = await fetch(window.location.pathname, {
        method: "POST",
        body: data,
        credentials: "same-origin",
        headers: { "X-Requested-With": "XMLHttpRequest" },
        signal: asked.signal,
      });
      if (!answer.ok || answer.redirected) throw new Error(answer.status);
      place.innerHTML = await answer.text();
      status.textContent = "";
    } catch (error) {
      if (error.name !== "AbortError") status.textContent = status.dataset.pumbaTrouble;
    }
  }

  button.addEventListener("click", (event) => {
    event.preventDefault();
    tryNow();
  });
  form.addEventListener("input", (event) => {
    // Only who has tried once wants to see it go along.
    if (!event.target.matches(FIELDS) || !place.childElementCount) return;
    window.clearTimeout(timer);
    timer = window.setTimeout(tryNow, REST_MS);
  });
}

const root = document.querySelector("[data-pumba-try]");
if (root) {
  start(root);
}
