const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { FORMAT, folderSignature, namesIn, signatureOf } = require('./signatures');

/** A file that changed while it was read makes another attempt. */
const MAX_ATTEMPTS = 10;
/** File systems stamp files by a clock that may lag behind ours. */
const CLOCK_LAG_MILLISECONDS = 50;

/** What the bundle offers: the cdk8s app, the command line, a build worker. Each is evaluated when it is called. */
const ENTRIES = `
exports.app = () => require('./main');
exports.cli = () => require('./lib/cli/start');
exports.worker = () => require('./lib/synth/build-worker').runBuildWorker();
`;

/**
 * The bundle as text, with the names of all files that it was made of.
 * @param entries what it offers, as a module's text
 */
exports.build = function build(root, entries = ENTRIES) {
  const { outputFiles, metafile } = require('esbuild').buildSync({
    stdin: { contents: entries, resolveDir: root, sourcefile: 'entries.js', loader: 'js' },
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    // jsonc-parser's "main" loads its parts by a computed name, which no bundler sees.
    mainFields: ['module', 'main'],
    target: 'node20',
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'eof',
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  const source = withoutQuadraticCopies(outputFiles[0].text);
  const inputs = Object.keys(metafile.inputs).filter((file) => file !== 'entries.js' && !/^[\w-]+:/.test(file));
  return { source, inputs, digest: createHash('sha256').update(source).digest('hex') };
};

/**
 * What cdk8s generates for the types of an API leaves undefined fields out by copying the map anew for each field. The
 * same result takes one loop.
 */
function withoutQuadraticCopies(source) {
  const copies =
    /Object\.entries\(([\w.$]+)\)\.reduce\(\(r,i\)=>i\[1\]===void 0\?r:\{\.\.\.r,\[i\[0\]\]:i\[1\]\},\{\}\)/g;
  return `${withoutUndefined}\n${source.replace(copies, 'withoutUndefined($1)')}`;
}

function withoutUndefined(fields) {
  const kept = {};
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (value === undefined) continue;
    // An assignment would set the prototype.
    if (name === '__proto__')
      Object.defineProperty(kept, name, { value, enumerable: true, configurable: true, writable: true });
    else kept[name] = value;
  }
  return kept;
}

/** Makes the bundle and remembers what it was made of. */
exports.bundle = function bundle(root, folder) {
  let built;
  let state;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const started = Date.now();
    built = exports.build(root);
    state = stateOf(built, root);
    // Changed since the bundle was begun: nobody knows which content went into it.
    if (newestChange(state) < started - CLOCK_LAG_MILLISECONDS) break;
    state = undefined;
  }
  const file = path.join(folder, `${built.digest}.js`);
  try {
    fs.mkdirSync(folder, { recursive: true });
    replace(file, Buffer.from(built.source, 'latin1'));
    if (state) replace(path.join(folder, 'state.json'), JSON.stringify({ ...state, bundle: signatureOf(file) }));
    for (const name of fs.readdirSync(folder)) {
      if (name.endsWith('.js') && name !== path.basename(file)) fs.rmSync(path.join(folder, name), { force: true });
    }
  } catch {
    // No cache: the bundle is made again next time.
  }
  return { file, digest: built.digest, source: built.source };
};

function stateOf({ inputs, digest }, root) {
  const files = {};
  const folders = {};
  const add = (file) => {
    files[path.relative(root, file)] ??= signatureOf(file);
  };
  for (const input of inputs) {
    const file = path.resolve(root, input);
    add(file);
    for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
      const name = path.relative(root, folder) || '.';
      if (name in folders) break;
      folders[name] = [folderSignature(folder, root), namesIn(folder, root)];
      // They say how imports are resolved and compiled.
      for (const settings of ['package.json', 'tsconfig.json']) {
        if (fs.existsSync(path.join(folder, settings))) add(path.join(folder, settings));
      }
      if (folder === root || folder === path.dirname(folder)) break;
    }
  }
  return { format: FORMAT, digest, files, folders };
}

function newestChange({ files }) {
  return Object.values(files).reduce((newest, signature) => Math.max(newest, signature[1], signature[2]), 0);
}

function replace(file, content) {
  const draft = `${file}.${process.pid}`;
  fs.writeFileSync(draft, content);
  fs.renameSync(draft, file);
}
