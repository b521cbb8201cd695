// Files that were announced on an earlier visit, or elsewhere, and that have not arrived yet.

import { byName } from "./files.js";

// Memory cards keep times to even seconds, and the copy on a disk those of the card.
const CARD_MILLISECONDS = 2000;

const STATES = {
  announced: "missing",
  uploading: "missing",
  refused: "refused",
  duplicate: "already",
  abandoned: "removed",
};

/** What the server's state of a file means on this page. */
export function stateOf(file) {
  return STATES[file.state] || "uploaded";
}

export class Earlier {
  constructor() {
    this.missing = new Map();
  }

  /** What the ledger wants to know of a file that this page did not announce. */
  facts(file, batch) {
    const state = stateOf(file);
    return {
      key: file.clientKey,
      uuid: file.uuid,
      path: file.relativePath ? `${file.relativePath}/${file.name}` : file.name,
      size: file.size,
      sent: state === "uploaded" ? file.size : file.offset,
      lastModified: file.lastModified,
      isSameName: Boolean(file.sameName),
      // Bytes may be there; the server says how many when it is asked.
      isBegun: file.state === "uploading",
      isEarlier: true,
      batch,
      state,
      stage: file.stage,
      stageLabel: file.stageLabel,
      reason: file.reason || "",
    };
  }

  keep(item) {
    if (item.state === "missing" && item.lastModified) {
      const identity = identityOf(item.path, item.size);
      this.missing.set(identity, [...(this.missing.get(identity) || []), item]);
    }
  }

  /**
   * The missing item that a dropped file is. Name, size and time must be the same; the folder
   * too where several agree, since a card may also be dropped as its files alone.
   */
  take({ file, path }) {
    const alike = (this.missing.get(identityOf(path, file.size)) || []).filter(
      (item) => item.state === "missing" && isSameTime(item.lastModified, file.lastModified),
    );
    const wanted = path.normalize("NFC");
    const found = alike.find((item) => item.path === wanted) || (alike.length === 1 && alike[0]);
    return found || null;
  }
}

function identityOf(path, size) {
  return `${byName(path)}\n${size}`;
}

function isSameTime(one, other) {
  return Math.abs(one - other) <= CARD_MILLISECONDS;
}
