// The page of test_chromium: tus-js-client as its documentation uses it, under a strict CSP.
"use strict";

const token = document.cookie.match(/csrftoken=([^;]+)/)[1];
const settings = JSON.parse(document.querySelector("#settings").textContent);
const said = { done: [], failed: [], resumed: 0, accepted: 0 };
window.said = said;

function send(file) {
  let isPaused = false;
  const upload = new tus.Upload(file, {
    endpoint: settings.endpoint,
    headers: { "X-CSRFToken": token },
    chunkSize: settings.chunkSize,
    retryDelays: settings.retryDelays,
    metadata: { filename: file.name, ...settings.keys[file.name] },
    onChunkComplete: (_size, accepted) => {
      said.accepted += 1;
      if (settings.stopAt && accepted >= settings.stopAt) {
        upload.abort();
      } else if (settings.pauseAt && !isPaused && accepted >= settings.pauseAt) {
        isPaused = true;
        upload.abort().then(() => setTimeout(() => upload.start(), 100));
      }
    },
    onSuccess: () => said.done.push(file.name),
    onError: (error) => said.failed.push(String(error)),
  });
  upload.findPreviousUploads().then((previous) => {
    if (previous.length) {
      said.resumed += 1;
      upload.resumeFromPreviousUpload(previous[0]);
    }
    upload.start();
  });
}

document.querySelector("#files").addEventListener("change", (event) => {
  for (const file of event.target.files) {
    send(file);
  }
});
