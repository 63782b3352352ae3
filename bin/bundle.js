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
exports.app = () => require('./lib/app/start').startMain(() => require('./main'));
exports.cli = () => require('./lib/cli/start').startCli(() => require('./main'));
exports.worker = () => require('./lib/synth/build-worker').runBuildWorker();
`;

/**
 * The bundle as text with its source map, and the names of all files that it was made of.
 * @param entries what it offers, as a module's text
 */
exports.build = async function build(root, entries = ENTRIES) {
  const { outputFiles, metafile } = await require('esbuild').build({
    stdin: { contents: entries, resolveDir: root, sourcefile: 'entries.js', loader: 'js' },
    absWorkingDir: root,
    outfile: path.join(root, 'bundle.js'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    // jsonc-parser's "main" loads its parts by a computed name, which no bundler sees.
    mainFields: ['module', 'main'],
    target: 'node20',
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'eof',
    sourcemap: 'external',
    sourcesContent: false,
    metafile: true,
    write: false,
    logLevel: 'silent',
    plugins: [ownPlaces(root)],
  });
  const text = (extension) => outputFiles.find((file) => file.path.endsWith(extension)).text;
  const source = withoutQuadraticCopies(text('.js'));
  const inputs = Object.keys(metafile.inputs).filter((file) => file !== 'entries.js' && !/^[\w-]+:/.test(file));
  return { source, map: text('.map'), inputs, digest: createHash('sha256').update(source).digest('hex') };
};

/** Words that tell a module where it lies. */
const PLACE = /\b(?:__dirname|__filename|import\.meta\.url)\b/;

/**
 * In a bundle all modules would lie where the bundle does: files beside a module, such as the script with which cdk8s reads a URL, were
 * not found. Here each module that asks is told its own place, from the root on, so that the bundle is the same wherever the project is.
 */
function ownPlaces(root) {
  return {
    name: 'own places',
    setup({ onLoad }) {
      onLoad({ filter: /\.[cm]?[jt]sx?$/ }, ({ path: file }) => {
        const text = fs.readFileSync(file, 'utf8');
        if (!PLACE.test(text)) return undefined;
        const names = { __dirname: path.dirname(file), __filename: file };
        const declarations = Object.entries(names)
          .filter(([name]) => text.includes(name) && !new RegExp(`(?:const|let|var)\\s+${name}\\b`).test(text))
          .map(([name, value]) => `const ${name}=${placeText(root, value)};`);
        const strict = /^\s*(['"])use strict\1/.test(text) ? '"use strict";' : '';
        const url = `require("node:url").pathToFileURL(${placeText(root, file)}).href`;
        return {
          contents: strict + declarations.join('') + text.replace(/\bimport\.meta\.url\b/g, url),
          loader: /\.[cm]?tsx?$/.test(file) ? (file.endsWith('x') ? 'tsx' : 'ts') : file.endsWith('x') ? 'jsx' : 'js',
        };
      });
    },
  };
}

function placeText(root, file) {
  const relative = path.relative(root, file).split(path.sep).join('/');
  return `require("node:path").join(globalThis.process.env.AVIARY_ROOT,${JSON.stringify(relative)})`;
}

/**
 * What cdk8s generates for the types of an API leaves undefined fields out by copying the map anew for each field. The
 * same result takes one loop.
 */
function withoutQuadraticCopies(source) {
  const copies =
    /Object\.entries\(([\w.$]+)\)\.reduce\(\(r,i\)=>i\[1\]===void 0\?r:\{\.\.\.r,\[i\[0\]\]:i\[1\]\},\{\}\)/g;
  // As long as before, and the function at the end: the source map stays right.
  const short = source.replace(copies, (long, map) => `withoutUndefined(${map})`.padEnd(long.length));
  return `${short}\n${withoutUndefined}\n`;
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
exports.bundle = async function bundle(root, folder) {
  let built;
  let state;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const started = Date.now();
    built = await exports.build(root);
    state = stateOf(built, root);
    // Changed since the bundle was begun: nobody knows which content went into it.
    if (newestChange(state) < started - CLOCK_LAG_MILLISECONDS) break;
    state = undefined;
  }
  const file = path.join(folder, `${built.digest}.js`);
  try {
    fs.mkdirSync(folder, { recursive: true });
    replace(file, Buffer.from(built.source, 'latin1'));
    replace(`${file}.map`, built.map);
    if (state) replace(path.join(folder, 'state.json'), JSON.stringify({ ...state, bundle: signatureOf(file) }));
    for (const name of fs.readdirSync(folder)) {
      if (/\.js(?:\.map)?$/.test(name) && !name.startsWith(path.basename(file)))
        fs.rmSync(path.join(folder, name), { force: true });
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
