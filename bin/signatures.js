const fs = require('node:fs');

/** Entries of the project's root that no bundle is made of: they come and go with every run. */
const NOT_SOURCE = /^(\..*|dist|build|coverage|docs)$/;

/** Changes when this file writes another state. */
exports.FORMAT = 1;

/** Null for what is not there. */
exports.signatureOf = function signatureOf(file) {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  return stat ? [stat.size, stat.mtimeMs, stat.ctimeMs, stat.ino] : null;
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
