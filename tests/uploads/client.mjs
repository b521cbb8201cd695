// tus-js-client in Node, as its own documentation uses it.
//
// Reads a job as JSON from standard input and writes a line of JSON for each file's end:
//   {endpoint, headers, chunkSize, lanes, retryDelays, storage, pauseAt, leaveAt, resume, files}
// with files [{path, metadata}]. With pauseAt each upload is paused when so many bytes have gone,
// and resumed; with leaveAt the process ends there, as a closed laptop does; with resume a
// previous upload of the same file is looked for in the storage first.

import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import tus from "tus-js-client";

const { FileUrlStorage, Upload } = tus;

const job = JSON.parse(readFileSync(0, "utf8"));

function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function send({ path, metadata }) {
  return new Promise((resolve) => {
    let isPaused = false;
    let requests = 0;
    const upload = new Upload(createReadStream(path), {
      endpoint: job.endpoint,
      headers: job.headers,
      metadata,
      chunkSize: job.chunkSize,
      retryDelays: job.retryDelays,
      urlStorage: job.storage ? new FileUrlStorage(job.storage) : undefined,
      storeFingerprintForResuming: Boolean(job.storage),
      overridePatchMethod: Boolean(job.overridePatchMethod),
      onBeforeRequest: () => {
        requests += 1;
      },
      onChunkComplete: (_size, accepted) => {
        if (job.leaveAt && accepted >= job.leaveAt) {
          say({ path, left: accepted, url: upload.url });
          process.exit(0);
        }
        if (job.pauseAt && !isPaused && accepted >= job.pauseAt) {
          isPaused = true;
          upload.abort().then(() => setTimeout(() => upload.start(), 100));
        }
      },
      onSuccess: () => {
        const sha256 = createHash("sha256").update(readFileSync(path)).digest("hex");
        say({ path, sha256, url: upload.url, requests, isPaused });
        resolve();
      },
      onError: (error) => {
        const status = error.originalResponse ? error.originalResponse.getStatus() : 0;
        say({ path, error: String(error), status });
        resolve();
      },
    });
    if (!job.resume) {
      upload.start();
      return;
    }
    upload.findPreviousUploads().then((previous) => {
      if (previous.length) {
        upload.resumeFromPreviousUpload(previous[0]);
      }
      upload.start();
    });
  });
}

const waiting = [...job.files];
async function lane() {
  for (let file = waiting.shift(); file; file = waiting.shift()) {
    await send(file);
  }
}
await Promise.all(Array.from({ length: job.lanes || 1 }, lane));
