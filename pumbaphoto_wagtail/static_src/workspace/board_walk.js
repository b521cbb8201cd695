// From edit to edit without loading the whole page: the same pages are fetched, and their board is
// put in the place of the one that is shown. Whatever cannot be put in place is opened as a page.

const BOARD = "pumba-board";
// What else on the page tells how the gallery stands.
const AROUND = ["pumba-head", "pumba-tabs"];

let isBusy = false;
let isSending = false;
// What was clicked meanwhile; the last click counts.
let wish = null;

export function walkInPlace(arrive) {
  // The step that led here, so that the browser's own "back" finds its way.
  window.history.replaceState({ isBoard: true }, "");
  document.addEventListener("click", (event) => onClick(event, arrive));
  document.addEventListener("submit", (event) => onSubmit(event, arrive));
  window.addEventListener("popstate", () => open(window.location.href, { arrive, isBack: true }));
  // With nothing to decide about, or nothing to see yet, what comes in is shown at once.
  document.addEventListener("pumba:news", () => {
    if (document.querySelector("#pumba-done, #pumba-decision[data-pumba-waits]")) {
      open(window.location.href, { arrive, isBack: true });
    }
  });
  warmNext();
}

export function isWalking() {
  return isBusy;
}

function onClick(event, arrive) {
  const link = event.target.closest(`#${BOARD} a[href]`);
  const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  if (!link || !isPlain || link.target || !isOfBoard(link)) {
    return;
  }
  event.preventDefault();
  open(link.href, { arrive });
}

/** Whether a link leads to another board, and not to another room. */
function isOfBoard(link) {
  return !link.matches("[data-pumba-leave], .pumba-summary a:not([href$='/board/']), .pumba-board__ways a");
}

function onSubmit(event, arrive) {
  const form = event.target;
  if (!form.closest(`#${BOARD}`)) {
    return;
  }
  event.preventDefault();
  const data = new FormData(form, event.submitter);
  const address = new URL(form.getAttribute("action") || window.location.href, window.location.href);
  if (form.method === "get") {
    address.search = new URLSearchParams(data);
    open(address.href, { arrive });
  } else {
    open(address.href, { arrive, body: data });
  }
}

async function open(address, options) {
  if (isBusy) {
    // A decision pressed twice is one decision.
    wish = isSending && options.body ? wish : [address, options];
    return;
  }
  isBusy = true;
  isSending = Boolean(options.body);
  await fetchAndPut(address, options);
  isBusy = false;
  const [next, nextOptions] = wish ?? [];
  wish = null;
  if (next) {
    open(next, nextOptions);
  }
}

async function fetchAndPut(address, { arrive, body, isBack = false }) {
  document.getElementById(BOARD).setAttribute("aria-busy", "true");
  try {
    const response = await fetch(address, {
      method: body ? "POST" : "GET",
      body,
      credentials: "same-origin",
    });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!put(page)) {
      wish = null;
      window.location.assign(response.ok ? response.url : window.location.href);
      return;
    }
    // What was refused has no page of its own.
    const isPage = !body || response.redirected;
    if (isPage && !isBack && response.url !== window.location.href) {
      window.history.pushState({ isBoard: true }, "", response.url);
    }
    arrive();
    settle();
    warmNext();
  } catch {
    sayOffline();
  } finally {
    document.getElementById(BOARD)?.removeAttribute("aria-busy");
  }
}

/** Put the board of another page in place; false where that page has none. */
function put(page) {
  if (!page.getElementById(BOARD)) {
    return false;
  }
  for (const id of [BOARD, ...AROUND]) {
    const fresh = page.getElementById(id);
    if (fresh) {
      document.getElementById(id)?.replaceWith(document.importNode(fresh, true));
    }
  }
  return true;
}

/** Where the hands go on, and what was done, for those who cannot see it. */
function settle() {
  const board = document.getElementById(BOARD);
  board.querySelector("[data-pumba-focus]")?.focus({ preventScroll: true });
  const said = [...board.querySelectorAll("[data-pumba-say]")].map((part) => part.innerText.trim());
  document.querySelector("[data-pumba-live]").textContent = said.join(" ");
  if (board.getBoundingClientRect().top < 0) {
    board.scrollIntoView({ block: "start" });
  }
}

function sayOffline() {
  const notice = document.querySelector("[data-pumba-offline]")?.content.cloneNode(true);
  const board = document.getElementById(BOARD);
  if (notice && !board.querySelector("[data-pumba-is-offline]")) {
    board.prepend(notice);
  }
}

/** Fetch the pictures of the next edit, so that they are there when it is its turn. */
async function warmNext() {
  const next = document.querySelector("[data-pumba-next]");
  if (!next || navigator.connection?.saveData) {
    return;
  }
  try {
    const response = await fetch(next.href, { credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const image of page.querySelectorAll("[data-pumba-pair] img")) {
      const ahead = new Image();
      ahead.sizes = image.sizes;
      ahead.srcset = image.srcset;
    }
  } catch {
    // It is only slower without.
  }
}
