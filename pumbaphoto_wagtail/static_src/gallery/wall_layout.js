// Where every tile of a section stands. The same rules as the style sheet's own rows, so that
// nothing moves when the script takes over from it.

// How much higher than wished a row may become before it is left unfilled; as in wall.css.
const HIGHEST_ROW = 1.75;

/**
 * Rows of tiles that keep their proportions.
 *
 * A flex line takes tiles at their wished width (proportion x row height) as long as they fit, and
 * shares out what is left in proportion. The last line is not stretched, unless the empty item
 * that keeps it from stretching finds no room there, which makes one more, empty line.
 */
export const justified = (proportions, { width, row, gap }) => {
  const rows = [];
  const boxes = [];
  let from = 0;
  let top = 0;
  const close = (to, isLast) => {
    const amount = to - from;
    const share = proportions.slice(from, to).reduce((sum, each) => sum + each, 0) / 100;
    const room = width - gap * (amount - 1);
    const wished = share * row;
    const isLoose = isLast && wished + gap <= room;
    const stretched = Math.min(room / share, row * HIGHEST_ROW);
    const height = isLoose ? Math.min(row, stretched) : stretched;
    let left = 0;
    for (let index = from; index < to; index += 1) {
      const wide = (proportions[index] / 100) * height;
      boxes.push({ left, top, width: wide, height });
      left += wide + gap;
    }
    rows.push({ from, to, top, height });
    top += height + gap;
    from = to;
    return isLoose;
  };
  let used = 0;
  let isLoose = true;
  proportions.forEach((proportion, index) => {
    const wished = Math.min(width, (proportion / 100) * row);
    if (index > from && used + gap + wished > width) {
      close(index, false);
      used = 0;
    }
    used += (index > from ? gap : 0) + wished;
  });
  if (from < proportions.length) isLoose = close(proportions.length, true);
  const height = rows.length ? top - (isLoose ? gap : 0) : 0;
  return { rows, boxes, height };
};

/** Squares in columns. */
export const squares = (proportions, { columns, side, gap }) => {
  const rows = [];
  const boxes = proportions.map((_proportion, index) => ({
    left: (index % columns) * (side + gap),
    top: Math.floor(index / columns) * (side + gap),
    width: side,
    height: side,
  }));
  for (let from = 0; from < proportions.length; from += columns) {
    const to = Math.min(from + columns, proportions.length);
    rows.push({ from, to, top: boxes[from].top, height: side });
  }
  const height = rows.length * (side + gap) - (rows.length ? gap : 0);
  return { rows, boxes, height };
};

/** The place of the last element of an ascending list for which `key` is not above `value`. */
export const lastAtOrBelow = (list, value, key) => {
  let [low, high] = [0, list.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (key(list[middle]) <= value) low = middle;
    else high = middle;
  }
  return low;
};
