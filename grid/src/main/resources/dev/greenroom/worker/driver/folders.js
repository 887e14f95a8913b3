// The folders of launches and sessions in the driver's folder for temporary files, and how much they hold.
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const root = fs.realpathSync(os.tmpdir());
const CHECK_MILLIS = 1500;
const SHARE_OF_TIME = 20;    // a walk that takes long is repeated after so many times as long, where the disk does not fill
const WALK_MILLIS = 30_000;    // between two walks where the disk does not fill
const SHARE_OF_GROWTH = 16;    // a walk comes when the disk has filled by such a part of the budget
const MOST_GROWTH = 64 << 20;

// Files cost more than their bytes: a walk looks at each of them.
const MOST_FILES = 50_000;

// However full a disk is, a session may hold that much.
const LEAST_BUDGET = 256 << 20;

let count = 0;

/** Makes a folder; its name is `prefix` and a number. */
exports.create = prefix => {
  const folder = path.join(root, prefix + ++count);
  fs.mkdirSync(folder, {mode: 0o700});
  return folder;
};

/** Makes a folder in another one, unless it exists. */
exports.within = (folder, name) => {
  const inner = path.join(folder, name);
  fs.mkdirSync(inner, {recursive: true, mode: 0o700});
  return inner;
};

/** Removes a folder and all in it, also while others write there. */
exports.remove = async folder => {
  await fs.promises.rm(folder, {recursive: true, force: true, maxRetries: 3}).catch(() => {});
};

/** Whether a file lies in a folder, which need not exist. */
exports.contains = (folder, file) => path.isAbsolute(file) && path.normalize(file).startsWith(folder + path.sep);

/**
 * Watches how many bytes lie in folders. A session may hold its budget, and never more than what is still free on the disk
 * beside it.
 *
 * @param budgets list of `{folders(), bytes, setting}`; a folder that is undefined or false holds nothing
 * @param exceeded called once, with the setting and a text
 * @returns a function that ends it
 */
exports.watch = (budgets, exceeded) => {
  let timer;
  let isOver = false;
  let last = {free: 0, at: -Infinity, took: 0};
  const least = Math.min(MOST_GROWTH, ...budgets.map(it => it.bytes / SHARE_OF_GROWTH));

  async function check() {
    const begin = performance.now();
    const disk = await fs.promises.statfs(root);
    const free = disk.bavail * disk.bsize;
    const pause = Math.max(free > LEAST_BUDGET ? WALK_MILLIS : 0, SHARE_OF_TIME * last.took);
    if (last.free - free < least && begin - last.at < pause)
      return;
    for (const {folders, bytes, setting} of budgets) {
      const most = Math.min(bytes, Math.max(LEAST_BUDGET, free));
      const excess = await excessOf(folders().filter(Boolean), most);
      if (excess && !isOver) {
        isOver = true;
        exceeded(setting, excess + (most < bytes ? ' of a disk that is nearly full' : ''));
      }
    }
    const end = performance.now();
    last = {free, at: end, took: end - begin};
  }

  function schedule() {
    timer = setTimeout(() => check().catch(() => {}).then(() => isOver || schedule()), CHECK_MILLIS).unref();
  }

  schedule();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
};

// What is more than allowed, as a text; undefined when nothing is. Links are not followed. Ends as soon as it knows.
async function excessOf(folders, most) {
  const waiting = [...folders];
  let bytes = 0;
  let files = 0;
  while (waiting.length > 0) {
    const folder = waiting.pop();
    const entries = await fs.promises.opendir(folder).catch(() => []);
    try {
      for await (const entry of entries) {
        const file = path.join(folder, entry.name);
        if (++files > MOST_FILES)
          return `over ${MOST_FILES} files`;
        if (entry.isDirectory()) {
          waiting.push(file);
        } else {
          const {blocks} = await fs.promises.lstat(file).catch(() => ({blocks: 0}));
          bytes += blocks * 512;
          if (bytes > most)
            return `over ${inMegabytes(most)}`;
        }
      }
    } catch {
      // removed meanwhile
    }
  }
  return undefined;
}

function inMegabytes(bytes) {
  return (bytes / (1 << 20)).toFixed(bytes < 10 << 20 ? 1 : 0) + ' MB';
}
