// A new name for an announced file, by which the server knows it however often it is announced.

export function newKey() {
  if (crypto.randomUUID) {
    return crypto.randomUUID();
  }
  // Plain HTTP in a studio's own network has no randomUUID, but it has random numbers.
  const random = crypto.getRandomValues(new Uint8Array(16));
  random[6] = (random[6] & 0x0f) | 0x40;
  random[8] = (random[8] & 0x3f) | 0x80;
  const hex = Array.from(random, (value) => value.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
