// Numbers and sizes as the page's language writes them.

const locale = () => document.documentElement.lang || undefined;

export const sayNumber = (number) => number.toLocaleString(locale());

/** Bytes as people say them; `units` are their names, the smallest first, with spaces between. */
export function saySize(bytes, units) {
  const names = units.split(" ");
  let size = bytes;
  let step = 0;
  while (size >= 1000 && step < names.length - 1) {
    size /= 1024;
    step += 1;
  }
  const digits = step && size < 10 ? 1 : 0;
  const written = size.toLocaleString(locale(), { maximumFractionDigits: digits });
  return `${written} ${names[step]}`;
}
