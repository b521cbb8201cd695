// Sentences with numbers in them. The words come from the page, in the user's language.

const locale = document.documentElement.lang || "en";
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

/** "%done% of %total%" with its places filled. */
export function fill(sentence, values) {
  return sentence.replace(/%(\w+)%/g, (whole, name) => (name in values ? values[name] : whole));
}

/** 8400000000 as "8.4 GB". */
export function bytes(amount) {
  let unit = 0;
  let value = amount;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit: UNITS[unit],
    unitDisplay: unit ? "short" : "long",
    maximumFractionDigits: value < 10 && unit > 1 ? 1 : 0,
  }).format(value);
}

export function number(amount) {
  return new Intl.NumberFormat(locale).format(amount);
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
