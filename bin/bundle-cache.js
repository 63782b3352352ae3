const fs = require('node:fs');
const path = require('node:path');
const { FORMAT, firstChanged, folderSignature, isSame, namesIn, signatureOf } = require('./signatures');

/**
 * The bundle of the sources as they are now: `{folder, digest}`, or a promise of it where it has to be made. What it was made of is known: each file by size,
 * times and inode, each folder that was looked into by its times or, when those changed, by its names, as a new file can
 * take the place of another. What differs anywhere means a new bundle.
 */
exports.bundleOfSources = function bundleOfSources(root, folder) {
  const stateFile = path.join(folder, 'state.json');
  const state = read(stateFile);
  if (state && state.format === FORMAT && isCurrent(state, root)) {
    const bundle = path.join(folder, state.digest);
    const isWhole = Object.entries(state.bundle).every(([file, signature]) =>
      isSame(signature, signatureOf(path.join(bundle, file))),
    );
    if (isWhole) return { folder: bundle, digest: state.digest };
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
  if (firstChanged(state.files, state.signatures, root) !== undefined) return false;
  for (const [folder, [signature, names]] of Object.entries(state.folders)) {
    const absolute = folder === '.' ? root : path.isAbsolute(folder) ? folder : `${root}/${folder}`;
    if (isSame(signature, folderSignature(absolute, root))) continue;
    if (namesIn(absolute, root) !== names) return false;
  }
  return true;
}
