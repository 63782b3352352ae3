const fs = require('node:fs');
const path = require('node:path');

/** What a lazily loaded module is called where its part may not be there yet: the prefix, then its file from the root on. */
exports.LAZY = 'aviary:';

/** The parts, in the order in which they are loaded. */
exports.PARTS = ['part-0', 'part-1', 'part-2'];

/** Rooms whose commands are the only ones to ask for some modules: what nobody else asks for is the last part. */
const COMMANDS = path.join('lib', 'cli');

/**
 * The parts of a bundle, as the modules that each begins with. The first part is what every run evaluates; what it and its imports ask
 * for lazily comes in the second part when the synthesis asks, and in the third when only commands do. So a run that finds
 * nothing changed neither reads nor compiles what would build a tree.
 * @param first modules of the first part, which the entries call
 * @returns for each module that is loaded lazily the number of its part, 0 for the first
 */
exports.lazyModules = function lazyModules(root, { text, first }) {
  const parts = new Map();
  for (const [, request] of text.matchAll(LAZILY)) {
    const module = exports.moduleFile(root, request);
    if (module !== undefined) parts.set(module, 1);
  }
  for (const file of sourcesOf(root, 'lib')) {
    const part = file.startsWith(COMMANDS + path.sep) ? 2 : 1;
    for (const [, request] of fs.readFileSync(path.join(root, file), 'utf8').matchAll(LAZILY)) {
      const module = exports.moduleFile(root, path.join(path.dirname(file), request));
      if (module !== undefined) parts.set(module, Math.min(part, parts.get(module) ?? part));
    }
  }
  for (const module of first) if (parts.has(module)) parts.set(module, 0);
  return parts;
};

/** As the sources write it: on one line. What stands otherwise is refused where it is met (`bin/bundle.js`). */
const LAZILY = /\brequire\('(\.[^']*)'\)/g;

function* sourcesOf(root, folder) {
  const entries = fs.existsSync(path.join(root, folder))
    ? fs.readdirSync(path.join(root, folder), { withFileTypes: true })
    : [];
  for (const entry of entries) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* sourcesOf(root, file);
    else if (/\.ts$/.test(file) && !/\.(?:test|fixture|d)\.ts$/.test(file)) yield file;
  }
}

/** From the root on; undefined for what is no TypeScript of ours. */
exports.moduleFile = function moduleFile(root, file) {
  const names = [`${path.normalize(file)}.ts`, path.join(file, 'index.ts')];
  return names
    .find((name) => fs.existsSync(path.join(root, name)))
    ?.split(path.sep)
    .join('/');
};

/** Whether the file is a source of this project, and not of somebody who builds on it. */
exports.isOurs = function isOurs(root, file) {
  return file.startsWith(path.join(root, 'lib') + path.sep);
};
