// sharp, the way busy photo servers use it: one decode to the largest size, all tiers from that.
// Reads one JSON request a line, answers with one: CPU seconds, peak bytes, files when asked.
const fs = require("node:fs");
const path = require("node:path");
const readline = require("node:readline");
const sharp = require("sharp");

sharp.concurrency(1);
sharp.cache(false);
const tiers = JSON.parse(process.argv[2]);
const largest = Math.max(...Object.values(tiers).map((tier) => tier.width));

async function make(file) {
  const { data, info } = await sharp(file)
    .rotate()
    .resize(largest, largest, { fit: "inside", withoutEnlargement: true })
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  const made = {};
  for (const [name, tier] of Object.entries(tiers)) {
    made[name] = await sharp(data, { raw: info })
      .resize(tier.width, tier.height, { fit: "inside", withoutEnlargement: true })
      .jpeg({ quality: tier.quality, chromaSubsampling: "4:2:0" })
      .toBuffer();
  }
  return made;
}

async function answer(line) {
  const request = JSON.parse(line);
  const before = process.cpuUsage();
  const made = await make(request.path);
  const used = process.cpuUsage(before);
  if (request.keep) {
    for (const [name, bytes] of Object.entries(made)) {
      fs.writeFileSync(path.join(request.keep, `${name}.jpg`), bytes);
    }
  }
  const peak = process.resourceUsage().maxRSS * 1024;
  console.log(JSON.stringify({ cpu: (used.user + used.system) / 1e6, peak }));
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    await answer(line);
  }
})();
