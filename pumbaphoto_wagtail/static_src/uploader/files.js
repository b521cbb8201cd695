// What was dropped or chosen, as a flat list of {file, path}.

// Left by operating systems beside the photographer's own files; nobody misses them.
const SYSTEM_NAMES = new Set([".ds_store", "thumbs.db", "desktop.ini", ".directory"]);
const SYSTEM_FOLDERS = /(^|\/)(__MACOSX|\.Trashes|\.Spotlight-V100|\.fseventsd|@eaDir)(\/|$)/;

export function isSystemFile(path) {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return (
    SYSTEM_NAMES.has(name.toLowerCase()) || name.startsWith("._") || SYSTEM_FOLDERS.test(path)
  );
}

/** The files of an <input type="file">, with or without folders. */
export function filesOfInput(input) {
  const files = Array.from(input.files, (file) => ({
    file,
    path: file.webkitRelativePath || file.name,
  }));
  return files.filter(({ path }) => !isSystemFile(path));
}

/**
 * The files of a drop, folders included.
 *
 * The entries must be taken before the first await: a DataTransfer is empty afterwards.
 */
export async function filesOfDrop(dataTransfer) {
  const entries = Array.from(dataTransfer.items || [])
    .filter((item) => item.kind === "file")
    .map((item) => (item.webkitGetAsEntry ? item.webkitGetAsEntry() : null))
    .filter(Boolean);
  if (!entries.length) {
    return Array.from(dataTransfer.files, (file) => ({ file, path: file.name })).filter(
      ({ path }) => !isSystemFile(path),
    );
  }
  const found = [];
  for (const entry of entries) {
    await walk(entry, found);
  }
  return found;
}

async function walk(entry, found) {
  const path = entry.fullPath.replace(/^\//, "");
  if (isSystemFile(path)) {
    return;
  }
  if (entry.isFile) {
    // A file that vanished between the drop and now is not there to be sent.
    const file = await new Promise((resolve) => entry.file(resolve, () => resolve(null)));
    if (file) {
      found.push({ file, path });
    }
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    // A reader hands out its entries by the hundred, and nothing when it is through.
    const some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (!some.length) {
      return;
    }
    for (const child of some) {
      await walk(child, found);
    }
  }
}

/** The last part of a path, in the one spelling of Unicode that the server keeps. */
export function byName(path) {
  return path.slice(path.lastIndexOf("/") + 1).normalize("NFC");
}

const RAW = /\.(cr2|cr3|nef|arw|dng|orf|rw2|pef|srw|raf)$/i;
const JPEG = /\.jpe?g$/i;

/** Of files with a `path`, the RAW ones that have a JPEG of the same name beside them. */
export function companions(files) {
  const stem = (path) => path.slice(0, path.lastIndexOf(".")).toLowerCase();
  const jpegs = new Set(files.filter(({ path }) => JPEG.test(path)).map(({ path }) => stem(path)));
  return files.filter(({ path }) => RAW.test(path) && jpegs.has(stem(path)));
}
