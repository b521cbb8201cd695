import { sentence } from "./words.js";

/** The limits as they are with another number chosen; the server's own rule, for the time between. */
export const limitsWith = (limits, { chosen, notes }) => {
  const missing = Math.max(0, (limits.minimum ?? 0) - chosen);
  const tooMany = limits.maximum === null ? 0 : Math.max(0, chosen - limits.maximum);
  const extra = limits.included === null ? 0 : Math.max(0, chosen - limits.included);
  const canBeSent = Boolean(chosen || notes) && !missing && !tooMany;
  return { ...limits, chosen, notes, missing, extra, too_many: tooMany, can_be_sent: canBeSent };
};

const count = ({ chosen, included, maximum }, phrases) => {
  const target = included || maximum;
  return target && chosen <= target
    ? sentence(phrases.of, { n: chosen, target })
    : sentence(phrases.chosen, { n: chosen });
};

const hint = (limits, phrases) => {
  if (limits.missing) return sentence(phrases.missing, { n: limits.missing });
  if (limits.too_many) {
    return sentence(phrases.too_many, { n: limits.too_many, target: limits.maximum });
  }
  if (!limits.extra) return "";
  const { extra: n, included: target, extras_words: price } = limits;
  return sentence(phrases.extra, { n, target, price }).trim();
};

/** What the bar says of limits, until the server says it in its own words. */
export const wordsFor = (limits, phrases) => ({
  count: count(limits, phrases),
  hint: hint(limits, phrases),
});
