// What an answer of the server means, read the same way for every request.

const SECOND = 1000;
const SESSION = new Set([401, 403]);
// The file is not wanted, or not any more; trying again changes nothing.
const REFUSING = new Set([410, 413, 415]);

/** The sentence for people in a JSON answer's `error`; empty for a proxy's page of HTML. */
export function reasonIn(text) {
  try {
    const { error } = JSON.parse(text);
    return typeof error === "string" ? error : "";
  } catch {
    return "";
  }
}

/** A Retry-After header, in seconds or as a date, as milliseconds from now; 0 without one. */
export function waitOf(header) {
  if (!header) {
    return 0;
  }
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / SECOND;
  return seconds > 0 ? seconds * SECOND : 0;
}

/**
 * "session", "refused", "failed", or "trouble" for what passes by itself.
 *
 * 409 to a PATCH means another offset, which is asked for anew; to a POST it means that the gallery
 * takes no files any more.
 */
export function kindOfAnswer(status, method) {
  if (SESSION.has(status)) {
    return "session";
  }
  if (REFUSING.has(status)) {
    return "refused";
  }
  const passes = status === 423 || status === 460 || (status === 409 && method !== "POST");
  return status >= 400 && status < 500 && !passes ? "failed" : "trouble";
}
