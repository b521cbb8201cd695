// Sentences with numbers in them. The words come from the page, in the user's language.

const locale = document.documentElement.lang || "en";
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
const plain = new Intl.NumberFormat(locale);
const percentage = new Intl.NumberFormat(locale, { style: "percent" });
// Making one costs more than using it a hundred times, and every row shows a size.
const formats = new Map();

/** "{done} of {total}" with its places filled. */
export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

/** 8400000000 as "8.4 GB". */
export function bytes(amount) {
  let unit = 0;
  let value = amount;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return formatFor(unit, value < 10 && unit > 1 ? 1 : 0).format(value);
}

function formatFor(unit, maximumFractionDigits) {
  const key = `${unit} ${maximumFractionDigits}`;
  if (!formats.has(key)) {
    const format = new Intl.NumberFormat(locale, {
      style: "unit",
      unit: UNITS[unit],
      unitDisplay: unit ? "short" : "long",
      maximumFractionDigits,
    });
    formats.set(key, format);
  }
  return formats.get(key);
}

export function number(amount) {
  return plain.format(amount);
}

/** A share between 0 and 1, never said to be whole before it is. */
export function percent(share) {
  return percentage.format(Math.floor(share * 100) / 100);
}

/** A duration in seconds, as roughly as a person would say it. */
export function duration(seconds, words) {
  if (seconds < 60) {
    return words.lessThanAMinute;
  }
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) {
    return fill(words.minutes, { count: minutes });
  }
  return fill(words.hours, { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}

/** Let the browser draw and answer before going on with something long. */
export function pause() {
  return new Promise((resolve) => {
    window.setTimeout(resolve, 0);
  });
}

/** Write into the page only what differs, so that nothing is laid out or read out again. */
export function setText(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}
