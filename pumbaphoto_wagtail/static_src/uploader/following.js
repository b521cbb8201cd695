// What the server tells of announced files later: how far they are, and what was decided of them.

import { stateOf } from "./earlier.js";
import { SENDING } from "./ledger.js";
import { pause } from "./words.js";

// Files of a long answer that are taken before the browser may draw and answer in between.
const BREATH = 1000;

/** Take a batch's document into the queue's rows; new rows are files of an earlier visit. */
export async function follow(queue, batch) {
  const { ledger, earlier } = queue;
  const shared = queue.sharedFor(batch);
  for (const [index, file] of (batch.files || []).entries()) {
    if (index % BREATH === BREATH - 1) {
      await pause();
    }
    const item = ledger.byKey.get(file.clientKey);
    if (item) {
      takeStage(queue, item, file);
    } else {
      const added = ledger.add(earlier.facts(file, shared));
      // What somebody else has announced is theirs to send.
      if (!queue.others.has(batch.address)) {
        earlier.keep(added);
      }
    }
  }
  if (!shared.isAsking) {
    letGo(queue, shared);
  }
  queue.changed();
}

function takeStage(queue, item, file) {
  const state = stateOf(file);
  if (SENDING.has(item.state)) {
    if (state === "removed") {
      item.upload.abort();
      queue.settle(item, "removed", file.reason);
    }
    return;
  }
  if (item.state === "failed" || (state === "missing" && item.state !== "missing")) {
    return;
  }
  const isUploaded = item.state === "uploaded" && state === "already";
  const changes = {
    state: isUploaded ? "uploaded" : state,
    stage: isUploaded ? "duplicate" : file.stage,
    stageLabel: file.stageLabel,
    reason: file.reason || "",
    uuid: file.uuid,
  };
  if (Object.entries(changes).some(([name, value]) => item[name] !== value)) {
    queue.ledger.change(item, changes);
    if (changes.state === "uploaded") {
      queue.ledger.setSent(item, item.size);
    }
  }
}

/** The question about photos exported again has its answer: what waited for it goes on. */
function letGo(queue, shared) {
  const { ledger } = queue;
  if (!ledger.count("asking")) {
    return;
  }
  // What was skipped is told file by file, and is not asking any more.
  const asking = ledger.items.filter(({ state, batch }) => state === "asking" && batch === shared);
  asking.forEach((item) => ledger.change(item, { state: "waiting" }));
  queue.line(asking);
  queue.lanes.fill();
}
