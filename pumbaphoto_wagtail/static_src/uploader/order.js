// Names in the order in which a person reads them: IMG_9 before IMG_10, whatever the file system's.

import { pause } from "./words.js";

const RUN = 500;
const collator = new Intl.Collator(undefined, { numeric: true });

/**
 * The items sorted by path. Comparing as people do is slow, so 5,000 names are sorted in runs with
 * a breath between them, and the runs merged: no key press or scroll waits for it.
 */
export async function inReadingOrder(items) {
  let runs = [];
  for (let start = 0; start < items.length; start += RUN) {
    runs.push(items.slice(start, start + RUN).sort(compare));
    await pause();
  }
  while (runs.length > 1) {
    const merged = [];
    for (let index = 0; index < runs.length; index += 2) {
      merged.push(runs[index + 1] ? await merge(runs[index], runs[index + 1]) : runs[index]);
    }
    runs = merged;
  }
  return runs[0] || [];
}

async function merge(one, other) {
  const merged = [];
  let left = 0;
  let right = 0;
  while (left < one.length && right < other.length) {
    merged.push(compare(one[left], other[right]) <= 0 ? one[left++] : other[right++]);
    if (merged.length % (2 * RUN) === 0) {
      await pause();
    }
  }
  return merged.concat(one.slice(left), other.slice(right));
}

function compare(one, other) {
  return collator.compare(one.path, other.path);
}
