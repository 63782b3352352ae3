// Starts one of the entries of the bundle. In a checkout the bundle is made of the sources and kept in a cache, and made
// again as soon as any file that it was made of, or could be made of, differs. In an installed package it comes with it.
// Plain JavaScript without dependencies: every module loaded here is paid for by every run.
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const vm = require('node:vm');

const root = path.dirname(__dirname);

/** Of SHA-1, which only tells damage here. */
const DIGEST_BYTES = 20;

/** Runs `app` (main.ts) or `cli` (the command line). */
exports.launch = function launch(entry) {
  const cacheDir = process.env.AVIARY_CACHE_DIR || chooseCacheDir();
  const start = (bundle) => {
    process.env.AVIARY_CODE_DIGEST = bundle.digest;
    process.env.AVIARY_CACHE_DIR = cacheDir;
    process.env.AVIARY_BUNDLE = bundle.folder;
    process.env.AVIARY_ROOT = root;
    process.env.AVIARY_WORKER = path.join(__dirname, 'worker.js');
    run(bundle, cacheDir)[entry]();
  };
  if (!fs.existsSync(path.join(root, 'lib', 'cli'))) start(ofPackage());
  else {
    const bundle = ofSources(cacheDir);
    // Made anew: the sources may be wrong.
    if (bundle instanceof Promise) bundle.then(start, refuse);
    else start(bundle);
  }
};

/** The sources cannot be bundled: each place, without a stack of ours. */
function refuse(error) {
  if (!Array.isArray(error.errors)) throw error;
  for (const { text, location } of error.errors) {
    const place = location ? `${location.file}:${location.line}:${location.column + 1}: ` : '';
    const isAwait = text.startsWith('Top-level await');
    const message = isAwait ? 'top-level await is not supported' : text;
    const fix = isAwait ? '\n  fix: put the code into a function: async function main() { … } main();' : '';
    process.stderr.write(
      `${place}error: ${message} [${isAwait ? 'top-level-await' : 'not-typescript'}]${location ? `\n  ${location.line} | ${location.lineText}` : ''}${fix}\n\n`,
    );
  }
  process.exitCode = 1;
  const { CDK8S_OUTDIR: outdir } = process.env;
  if (!outdir) return;
  // There the cdk8s CLI misses its output and says so by itself; an exit code would make it print a stack (lib/app/output-folder.ts).
  if (path.resolve(outdir) === path.resolve('node_modules/.cache/aviary/dist')) process.exitCode = 0;
  const count = require('./restore-output').restoreOutput(outdir);
  if (count > 0) process.stderr.write(`${count} files were put back into ${outdir}, as git has them.\n`);
}

/** In a worker: the bundle that the main thread runs, even when the sources have changed since. */
exports.launchWorker = function launchWorker() {
  const { AVIARY_BUNDLE: folder, AVIARY_CODE_DIGEST: digest, AVIARY_CACHE_DIR: cacheDir } = process.env;
  run({ folder, digest }, cacheDir).worker();
};

/** Beside the installed packages, or where the system keeps caches when that cannot be written. */
function chooseCacheDir() {
  const base = fs.existsSync(path.join(root, 'lib', 'cli')) ? root : process.cwd();
  const modules = path.join(base, 'node_modules');
  const beside = path.join(modules, '.cache', 'aviary');
  try {
    fs.accessSync(modules, fs.constants.W_OK);
    fs.mkdirSync(beside, { recursive: true });
    fs.accessSync(beside, fs.constants.W_OK);
    return beside;
  } catch {
    const { env, platform } = process;
    const home = require('node:os').homedir();
    if (platform === 'win32') return path.join(env.LOCALAPPDATA || path.join(home, 'AppData', 'Local'), 'aviary');
    if (platform === 'darwin') return path.join(home, 'Library', 'Caches', 'aviary');
    return path.join(env.XDG_CACHE_HOME || path.join(home, '.cache'), 'aviary');
  }
}

/** The bundle that came with the package. */
function ofPackage() {
  const folder = path.join(root, 'build', 'bundle');
  const { digest } = JSON.parse(fs.readFileSync(path.join(folder, 'digest.json'), 'utf8'));
  return { folder, digest };
}

/** The bundle of the sources as they are now. */
function ofSources(cacheDir) {
  const { bundleOfSources } = require('./bundle-cache');
  return bundleOfSources(
    root,
    path.join(cacheDir, 'bundle', createHash('sha256').update(root).digest('hex').slice(0, 16)),
  );
}

/** The parts of a bundle in the order in which they are needed (`bin/parts.js`). */
const PARTS = ['part-0', 'part-1', 'part-2'];
/** How code names a module that is loaded late: with the part that has it. */
const LATE = /^aviary:(\d)\/(.*)$/;

/** Evaluates the first part; the others when something of theirs is asked for. */
function run({ folder, digest, sources }, cacheDir) {
  // As main.ts sees it: its folder, and what it can require.
  const outside = createRequire(path.join(root, 'main.js'));
  const files = {};
  let compiled = 0;
  const loaded = new Map();
  const load = (name) => {
    const known = loaded.get(name);
    if (known !== undefined) return known;
    while (!(name in files)) {
      const part = PARTS[compiled];
      if (part === undefined) throw new Error(`the bundle in ${folder} has no ${name}`);
      Object.assign(files, compile(path.join(folder, `${part}.js`), digest, cacheDir, sources?.[compiled]));
      compiled++;
    }
    const exports = {};
    loaded.set(name, exports);
    files[name](exports, find);
    return exports;
  };
  const late = new Map();
  const find = (request) => {
    const known = late.get(request);
    if (known !== undefined) return known;
    if (request.startsWith('./')) return load(request.slice(2));
    const [, part, module] = LATE.exec(request) ?? [];
    if (module === undefined) return outside(request);
    const exports = load(`${PARTS[part]}.js`).default[module]();
    late.set(request, exports);
    return exports;
  };
  // What else a module of CommonJS may ask: `require.resolve`.
  Object.assign(find, { resolve: outside.resolve, cache: outside.cache, main: outside.main });
  return load('part-0.js').default;
}

/** Compiles with V8's own cache, which spares the parsing of what earlier runs used, and evaluates. */
function compile(file, digest, cacheDir, source = fs.readFileSync(file, 'latin1')) {
  const name = `${digest.slice(0, 32)}-${path.basename(file, '.js')}-${process.version}-${process.arch}.bin`;
  const cacheFile = path.join(cacheDir, 'code', name);
  const cachedData = readChecked(cacheFile);
  const script = new vm.Script(source, { filename: file, cachedData });
  if (cachedData === undefined || script.cachedDataRejected) {
    process.once('exit', () => writeChecked(cacheFile, script.createCachedData()));
  }
  return script.runInThisContext();
}

/** The content behind its digest: V8 itself does not notice everything. Undefined when it is missing or damaged. */
function readChecked(file) {
  try {
    const bytes = fs.readFileSync(file);
    const content = bytes.subarray(DIGEST_BYTES);
    return digestOf(content).equals(bytes.subarray(0, DIGEST_BYTES)) ? content : undefined;
  } catch {
    return undefined;
  }
}

/** A cache that cannot be written costs time only. */
function writeChecked(file, content) {
  const draft = `${file}.${process.pid}`;
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(draft, Buffer.concat([digestOf(content), content]));
    fs.renameSync(draft, file);
  } catch {
    fs.rmSync(draft, { force: true });
  }
}

function digestOf(content) {
  return createHash('sha1').update(content).digest();
}
