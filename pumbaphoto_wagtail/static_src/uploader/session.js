// Whether the photographer is still logged in, and the token that requests must carry.

const CHECK_SECONDS = 5;
const HEARTBEAT_SECONDS = 300;

export class Session {
  /** `onLost` and `onBack` are told when the session ends and when there is one again. */
  constructor(url, { onLost, onBack }) {
    this.url = url;
    this.onLost = onLost;
    this.onBack = onBack;
    this.isLost = false;
    const config = JSON.parse(document.getElementById("wagtail-config").textContent);
    this.token = config.CSRF_TOKEN;
    this.headerName = config.CSRF_HEADER_NAME || "X-CSRFToken";
    // Coming back from the tab in which one has logged in again is the best moment to ask.
    window.addEventListener("focus", () => this.isLost && this.check());
    window.setInterval(() => this.isLost && this.check(), CHECK_SECONDS * 1000);
  }

  get headers() {
    return { [this.headerName]: this.token };
  }

  /** A long upload is use of the session, too. */
  keepAlive() {
    if (!this.heartbeat) {
      this.heartbeat = window.setInterval(() => this.check(), HEARTBEAT_SECONDS * 1000);
    }
  }

  rest() {
    window.clearInterval(this.heartbeat);
    this.heartbeat = null;
  }

  /** Ask the server; true if there is a session. No answer at all says nothing about it. */
  async check() {
    let response;
    try {
      response = await fetch(this.url, {
        headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" },
        credentials: "same-origin",
      });
    } catch {
      return !this.isLost;
    }
    const isJson = (response.headers.get("Content-Type") || "").includes("json");
    if (response.ok && isJson) {
      this.token = (await response.json()).csrfToken;
      if (this.isLost) {
        this.isLost = false;
        this.onBack();
      }
      return true;
    }
    if (response.status < 500 && !this.isLost) {
      this.isLost = true;
      this.onLost();
    }
    return !this.isLost;
  }
}
