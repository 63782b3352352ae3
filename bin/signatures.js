const fs = require('node:fs');
const path = require('node:path');

/** Entries of the project's root that no bundle is made of: they come and go with every run. */
const NOT_SOURCE = /^(\..*|dist|build|coverage|docs)$/;

/** Changes when this file writes another state. */
exports.FORMAT = 3;

/** Numbers of a signature. */
exports.SIGNATURE_LENGTH = 4;

const QUIETLY = { throwIfNoEntry: false };

/** Size, times and inode. Null for what is not there. */
exports.signatureOf = function signatureOf(file) {
  const stat = fs.statSync(file, QUIETLY);
  return stat ? [stat.size, stat.mtimeMs, stat.ctimeMs, stat.ino] : null;
};

/** The first of these files that does not have its signature any more; the signatures stand one after the other. */
exports.firstChanged = function firstChanged(files, signatures, root) {
  let at = 0;
  // Of a thousand files: to resolve a path, or to make a list of its numbers, costs as much as to look.
  for (const file of files) {
    const stat = fs.statSync(path.isAbsolute(file) ? file : `${root}/${file}`, QUIETLY);
    if (
      stat === undefined ||
      stat.size !== signatures[at] ||
      stat.mtimeMs !== signatures[at + 1] ||
      stat.ctimeMs !== signatures[at + 2] ||
      stat.ino !== signatures[at + 3]
    )
      return file;
    at += exports.SIGNATURE_LENGTH;
  }
  return undefined;
};

/** The root changes with every run, so only its names count. */
exports.folderSignature = function folderSignature(folder, root) {
  return folder === root ? null : exports.signatureOf(folder);
};

/** What is in the folder, as one text. */
exports.namesIn = function namesIn(folder, root) {
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  const seen = folder === root ? names.filter((name) => !NOT_SOURCE.test(name)) : names;
  return seen.sort().join('/');
};

exports.isSame = function isSame(a, b) {
  if (a === null || b === null) return false;
  return a.every((part, index) => part === b[index]);
};
