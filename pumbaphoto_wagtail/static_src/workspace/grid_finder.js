// Filters, section, order and words of the name, without loading the page anew: what is selected in
// another view is let go of, what is being uploaded goes on.

import { refresh } from "../uploader/refresh.js";

const TYPING_MS = 350;
// What is not said in the address, since it is so at first.
const FIRST = { show: "all", section: "", q: "", sort: "gallery" };

/** `turn()` shows in the grid what the address says then. */
export function connectFinder(turn) {
  let timer = 0;

  async function go(query) {
    const address = window.location.pathname + (query ? `?${query}` : "");
    if (address === window.location.pathname + window.location.search) return;
    window.history.pushState(null, "", address);
    await arrive();
  }

  async function arrive() {
    const link = document.activeElement?.closest?.("a[data-pumba-in-place]");
    const focused = link?.dataset.pumbaFilter;
    // What has the focus is not put in place by others' changes; here it is what was asked for.
    link?.blur();
    await Promise.all([turn(), refresh()]);
    if (focused) document.querySelector(`[data-pumba-filter="${focused}"]`)?.focus();
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-pumba-in-place]");
    const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !isPlain) return;
    event.preventDefault();
    go(new URL(link.href).searchParams.toString());
  });

  function submit(form) {
    window.clearTimeout(timer);
    const said = [...new FormData(form)].filter(([name, value]) => value !== FIRST[name]);
    go(new URLSearchParams(said).toString());
  }

  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-pumba-finder]")) return;
    event.preventDefault();
    submit(event.target);
  });
  document.addEventListener("change", ({ target }) => {
    const form = target.closest("[data-pumba-finder]");
    if (form && target.matches("select")) submit(form);
  });
  document.addEventListener("input", ({ target }) => {
    const form = target.closest("[data-pumba-finder]");
    if (!form || !target.matches("input[type=search]")) return;
    window.clearTimeout(timer);
    timer = window.setTimeout(() => submit(form), TYPING_MS);
  });
  window.addEventListener("popstate", () => {
    const { searchParams } = new URL(window.location.href);
    if (searchParams.get("show") === "refused") window.location.reload();
    else arrive();
  });
}
