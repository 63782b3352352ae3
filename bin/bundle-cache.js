const fs = require('node:fs');
const path = require('node:path');
const { FORMAT, folderSignature, isSame, namesIn, signatureOf } = require('./signatures');

/**
 * The bundle of the sources as they are now: `{file, digest, source}`, or a promise of it where it has to be made. What it was made of is known: each file by size,
 * times and inode, each folder that was looked into by its times or, when those changed, by its names, as a new file can
 * take the place of another. What differs anywhere means a new bundle.
 */
exports.bundleOfSources = function bundleOfSources(root, folder) {
  const stateFile = path.join(folder, 'state.json');
  const state = read(stateFile);
  if (state && state.format === FORMAT && isCurrent(state, root)) {
    const file = path.join(folder, `${state.digest}.js`);
    try {
      if (isSame(state.bundle, signatureOf(file)))
        return { file, digest: state.digest, source: fs.readFileSync(file, 'latin1') };
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
  }
  return require('./bundle').bundle(root, folder);
};

function read(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function isCurrent(state, root) {
  for (const [file, signature] of Object.entries(state.files)) {
    // Of a thousand files: to resolve a path costs as much as to look.
    if (!isSame(signature, signatureOf(path.isAbsolute(file) ? file : `${root}/${file}`))) return false;
  }
  for (const [folder, [signature, names]] of Object.entries(state.folders)) {
    const absolute = path.resolve(root, folder);
    if (isSame(signature, folderSignature(absolute, root))) continue;
    if (namesIn(absolute, root) !== names) return false;
  }
  return true;
}
