// The sentences about the whole: how far, how fast, how long still.

import { bytes, duration, fill, number } from "./words.js";

/** Files, bytes, speed and time left of what this page sends. */
export function sendingWords(queue, words) {
  const figures = queue.figures;
  const parts = [];
  if (figures.files) {
    parts.push(
      fill(words.fileOf, { done: number(figures.done), total: number(figures.files) }),
      fill(words.bytesOf, { done: bytes(figures.sent), total: bytes(figures.bytes) }),
    );
  }
  const speed = queue.speed.now;
  if (figures.busy && speed > 0) {
    parts.push(fill(words.speed, { speed: bytes(speed) }));
    parts.push(fill(words.left, { time: timeFor(figures.bytes - figures.sent, speed, words) }));
  }
  if (queue.isPaused && figures.open) {
    parts.push(words.paused);
  }
  if (figures.already) {
    parts.push(fill(words.alreadySummary, { count: number(figures.already) }));
  }
  if (figures.removed) {
    parts.push(fill(words.removedSummary, { count: number(figures.removed) }));
  }
  if (!queue.hasWork && figures.done) {
    parts.push(words.afterUpload);
  }
  return parts.join(" · ");
}

/** What the server has done with what it has received. */
export function stageWords(served, words) {
  const values = { ready: number(served.ready), count: number(served.received) };
  const lost = served.lost ? [fill(words.lostCount, { count: number(served.lost) })] : [];
  const asked = served.asked ? [fill(words.askedCount, { count: number(served.asked) })] : [];
  if (!served.moving) {
    const end = fill(served.lost ? words.readyOf : words.allReady, values);
    return [end, ...lost, ...asked].join(" · ");
  }
  const parts = [fill(words.readyOf, values)];
  for (const stage of ["scanning", "waiting", "rendering"]) {
    if (served[stage]) {
      parts.push(fill(words[`${stage}Count`], { count: number(served[stage]) }));
    }
  }
  return [...parts, ...lost, ...asked].join(" · ");
}

/** How much the proofs alone and all with the RAW files are, in bytes and time. */
export function companionWords(queue, words) {
  const { companions, bytes: all, sent } = queue.ledger;
  const withRaw = all - sent;
  const values = {
    proofs: amount(withRaw - companions.bytes, queue, words),
    all: amount(withRaw, queue, words),
    count: number(companions.count),
  };
  return fill(words.companions, values);
}

function amount(size, queue, words) {
  const speed = queue.speed.now;
  return speed > 0
    ? fill(words.amountAndTime, { size: bytes(size), time: timeFor(size, speed, words) })
    : bytes(size);
}

function timeFor(size, speed, words) {
  return duration(size / speed, words);
}
