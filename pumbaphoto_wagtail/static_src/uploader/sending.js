// Sends one file by the tus protocol. Trying again is decided by the lanes, not here.

import { Upload } from "tus-js-client";
import { kindOfAnswer, reasonIn, waitOf } from "./answers.js";

/** Where an announced upload lives. */
export function addressOf(item) {
  return `${item.batch.createAddress}${item.uuid}/`;
}

/**
 * Begin or go on with an item. `on` has `progress(sent)`, `accepted()` for each chunk that the
 * server has on its disk, `success()` and `error(trouble)`: {kind, reason, wait}.
 */
export function send(item, { options, session, on }) {
  item.upload = item.upload || makeUpload(item, { options, session, on });
  item.upload.start();
}

function makeUpload(item, { options, session, on }) {
  return new Upload(item.file, {
    endpoint: item.batch.createAddress,
    // Begun on an earlier visit: the server is asked how far it came.
    uploadUrl: item.isBegun ? addressOf(item) : null,
    chunkSize: options.chunkBytes,
    retryDelays: null,
    // What is there already is told by the manifest, in this browser and in any other.
    storeFingerprintForResuming: false,
    metadata: {
      filename: item.file.name,
      relativePath: item.path,
      lastModified: String(item.file.lastModified),
      clientKey: item.key,
      batch: item.batch.uuid,
      purpose: options.purpose,
    },
    // Asked anew for each request: the token changes when one logs in again.
    onBeforeRequest: (request) => {
      for (const [name, value] of Object.entries(session.headers)) {
        request.setHeader(name, value);
      }
    },
    onProgress: on.progress,
    onChunkComplete: on.accepted,
    onSuccess: on.success,
    onError: async (error) => on.error(await troubleOf(item, error, options.words)),
  });
}

async function troubleOf(item, error, words) {
  const response = error.originalResponse;
  const status = response ? response.getStatus() : 0;
  if (!status && !(await isReadable(item.file))) {
    return { kind: "failed", reason: words.unreadable, wait: 0 };
  }
  const method = error.originalRequest ? error.originalRequest.getMethod() : "";
  return {
    kind: kindOfAnswer(status, method),
    reason: response ? reasonIn(response.getBody()) : "",
    wait: response ? waitOf(response.getHeader("Retry-After")) : 0,
    status,
  };
}

/** A file that was changed or deleted since it was dropped looks like a lost connection. */
async function isReadable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
