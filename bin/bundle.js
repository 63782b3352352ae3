const { createHash } = require('node:crypto');
const fs = require('node:fs');
const { isBuiltin } = require('node:module');
const path = require('node:path');
const { LAZY, PARTS, isOurs, lazyModules, moduleFile } = require('./parts');
const { FORMAT, SIGNATURE_LENGTH, folderSignature, namesIn, signatureOf } = require('./signatures');

/** A file that changed while it was read makes another attempt. */
const MAX_ATTEMPTS = 10;
/** File systems stamp files by a clock that may lag behind ours. */
const CLOCK_LAG_MILLISECONDS = 50;

/** What the bundle offers: the cdk8s app, the command line, a build worker. Each is evaluated when it is called. */
const ENTRIES = {
  text: `
exports.app = () => require('./lib/app/start').startMain(() => require('./main'));
exports.cli = () => require('./lib/cli/start').startCli(() => require('./main'));
exports.worker = () => require('./lib/synth/build-worker').runBuildWorker();
`,
  // What a run evaluates that finds nothing changed; the rest waits in the other parts.
  first: [
    'main.ts',
    'lib/app/start.ts',
    'lib/app/index.ts',
    'lib/app/synth-app.ts',
    'lib/cli/start.ts',
    'lib/cli/commands/synth.ts',
    'lib/cli/base-tree.ts',
    'lib/cli/other-app.ts',
    'lib/synth/chart-values.ts',
    'lib/synth/index.ts',
  ],
};

/**
 * The bundle in parts, and the names of all files that it was made of.
 * @param entries what it offers, as a module's text, and the modules of the first part (`bin/parts.js`)
 * @returns `parts`: of each the name, the source and its map
 */
exports.build = async function build(root, entries = ENTRIES) {
  const lazy = lazyModules(root, entries);
  const { outputFiles, metafile } = await require('esbuild').build({
    entryPoints: PARTS.map((name) => ({ in: name, out: name })),
    absWorkingDir: root,
    outdir: root,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    // jsonc-parser's "main" loads its parts by a computed name, which no bundler sees.
    mainFields: ['module', 'main'],
    target: 'node20',
    // Nobody waits for a module that is evaluated by require().
    supported: { 'top-level-await': false },
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'eof',
    sourcemap: 'external',
    sourcesContent: false,
    metafile: true,
    write: false,
    logLevel: 'silent',
    plugins: [partEntries(root, entries, lazy), lateBuiltins(), ownPlaces(root)],
  });
  const texts = new Map(outputFiles.map(({ path: file, text }) => [path.basename(file), text]));
  const parts = chunksOfParts(metafile).map((chunks, part) => joined(PARTS[part], chunks, texts));
  const digest = createHash('sha256');
  for (const { source } of parts) digest.update(source);
  const inputs = Object.keys(metafile.inputs).filter((file) => !/^[\w-]+:/.test(file));
  return { parts, inputs, digest: digest.digest('hex') };
};

/** The module with which a part begins: the entries of the bundle, or a loader of each module that is loaded lazily. */
function partEntries(root, { text }, lazy) {
  return {
    name: 'entries of the parts',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^part-\d$/ }, ({ path: name, kind }) =>
        kind === 'entry-point' ? { path: name, namespace: 'part' } : undefined,
      );
      onLoad({ filter: /./, namespace: 'part' }, ({ path: name }) => {
        const part = PARTS.indexOf(name);
        // With those of the parts before, so that all that two parts share is in the first of them.
        const loaders = [...lazy].filter(([, of]) => of <= part);
        const contents = loaders.map(([file]) => `exports[${JSON.stringify(file)}]=()=>require("./${file}");`);
        return { contents: part === 0 ? text : contents.join(''), loader: 'js', resolveDir: root };
      });
      onResolve({ filter: /^\./ }, ({ path: request, kind, importer, namespace, resolveDir }) => {
        if (kind !== 'require-call' || (namespace === 'part' && importer !== PARTS[0])) return undefined;
        if (namespace === 'file' && !isOurs(root, importer)) return undefined;
        const module = moduleFile(root, path.relative(root, path.resolve(resolveDir, request)));
        if (module === undefined) return undefined;
        const part = lazy.get(module);
        // Else it would be missing when the run comes to it.
        if (part === undefined) return { errors: [{ text: `require('${request}') must stand on one line` }] };
        return part === 0 ? undefined : { path: `${LAZY}${part}/${module}`, external: true };
      });
    },
  };
}

/** How a module of Node is called here, so that its name in the bundle tells what it is. */
const BUILTIN = 'module_of_node_';

/** Modules of Node that take milliseconds to load, and that most runs import in vain: each of their exports is looked up when it is used. */
const SLOW_BUILTINS = new Set(['child_process', 'readline', 'worker_threads', 'zlib']);

/** Modules of Node are loaded when the module that imports them is evaluated, not with the part. */
function lateBuiltins() {
  return {
    name: 'late builtins',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^[a-z:_/]+$/ }, ({ path: name, kind }) =>
        kind === 'import-statement' && isBuiltin(name)
          ? { path: `${BUILTIN}${name.replace(/^node:/, '')}`, namespace: 'builtin', pluginData: name }
          : undefined,
      );
      onLoad({ filter: /./, namespace: 'builtin' }, ({ pluginData: name }) => {
        const loaded = `require(${JSON.stringify(name)})`;
        if (!SLOW_BUILTINS.has(name.replace(/^node:/, '')))
          return { contents: `module.exports=${loaded};`, loader: 'js' };
        const getters = Object.keys(require(name)).map((key) => `${key}:{get:()=>${loaded}.${key},enumerable:true}`);
        return { contents: `Object.defineProperties(exports,{${getters.join()}});`, loader: 'js' };
      });
    },
  };
}

/**
 * To be importable like a module of ECMAScript, one of CommonJS is copied for each module that imports it, property by property: the
 * Kubernetes definitions have a thousand. Only who asks for a default export needs that. As long as before: the source map stays right.
 */
function withoutCopiesOfModules(source) {
  const withDefault = new Set(Array.from(source.matchAll(/([\w$]+)\.default\b/g), ([, variable]) => variable));
  return source.replace(/([\w$]+)=__toESM\((require_[\w$]+\(\))\)/g, (copy, variable, call) =>
    withDefault.has(variable) ? copy : `${variable}=${call}`.padEnd(copy.length),
  );
}

/** The files that esbuild wrote, by the first part that reaches them. */
function chunksOfParts({ outputs }) {
  const taken = new Set();
  const take = (name) => {
    if (taken.has(name)) return [];
    taken.add(name);
    return [
      ...outputs[name].imports.flatMap(({ path: file, kind }) => (kind === 'import-statement' ? take(file) : [])),
      name,
    ];
  };
  const parts = PARTS.map((name) => take(`${name}.js`));
  // Of an import() in somebody's code.
  parts.at(-1).push(
    ...Object.keys(outputs)
      .filter((file) => file.endsWith('.js'))
      .flatMap(take),
  );
  return parts;
}

/** One script whose value is a function for each file of the part, by name. */
function joined(name, chunks, texts) {
  let source = '({';
  let line = 0;
  const sections = [];
  for (const file of chunks) {
    const { before, code, after } = asFunctionBody(texts.get(file), file);
    source += `\n${JSON.stringify(file)}(exports,require){${before}\n`;
    line += 2;
    sections.push({ offset: { line, column: 0 }, map: JSON.parse(texts.get(`${file}.map`)) });
    source += `${code}\n${after}},`;
    line += code.split('\n').length;
  }
  return { name, source: `${source}\n})\n`, map: JSON.stringify({ version: 3, sections }) };
}

/** As esbuild writes it: one import after the other at the beginning of a file. */
const IMPORT = /import(?:\{([^}]*)\}from)?"\.\/([^"]+)";/y;
const EXPORT = /export(?:\{([^}]*)\}| default ([^;{}]+));(?=\s*(?:\/\*[\s\S]*?\*\/\s*)?$)/;

/**
 * A file of the bundle as the body of a strict function of `exports` and `require`. What stands there stays where it is, and the source map
 * right: imports and exports become blanks, and what does their work stands on lines before and after.
 */
function asFunctionBody(text, file) {
  let before = '"use strict";';
  let at = 0;
  for (let count = 0; ; count++) {
    IMPORT.lastIndex = at;
    const [statement, names, from] = IMPORT.exec(text) ?? [];
    if (statement === undefined) break;
    at += statement.length;
    before += importing(pairs(names ?? ''), `"./${from}"`, `$${count}`);
  }
  let code = `${' '.repeat(at)}${text.slice(at)}`;
  const [statement, names, value] = EXPORT.exec(code) ?? [];
  if (statement !== undefined) {
    code = code.replace(EXPORT, () => ' '.repeat(statement.length));
    const getters = pairs(names ?? '').map(([local, exported]) => `${exported}:{get:()=>${local},enumerable:true}`);
    before += `Object.defineProperties(exports,{${getters.join()}});`;
  }
  // No script knows import() of a file: as long as before.
  code = withoutCopiesOfModules(withoutQuadraticCopies(code.replaceAll('import("./', '$chunk("./')));
  if (/^import\b|[;}]export[{ ]/.test(code))
    throw new Error(`${file} of the bundle has an import or export that nobody reads`);
  return {
    before: `${before}const $chunk=async(file)=>require(file);`,
    code,
    after: value === undefined ? '' : `exports.default=${value};`,
  };
}

/** `a as b,c`: pairs of the name there and the name here. */
function pairs(names) {
  return names === '' ? [] : names.split(',').map((name) => [...name.split(' as '), name].slice(0, 2));
}

/**
 * What a file takes from another one. Functions are there from the beginning; a variable gets its value when the module is evaluated that
 * has it. That is when somebody calls its `init_…`, so after each of these that is called from here all are read again.
 */
function importing(names, from, variable) {
  if (names.length === 0) return `require(${from});`;
  const inits = names.filter(([name]) => name.startsWith('init_'));
  const others = names.filter(([name]) => !name.startsWith('init_'));
  const read = `${variable}r`;
  return [
    `const ${variable}=require(${from});${others.map(([, local]) => `var ${local};`).join('')}`,
    `const ${read}=()=>{({${others.map(([name, local]) => `${name}:${local}`).join()}}=${variable});};${read}();`,
    ...inits.map(([name, local]) => `let ${local}=()=>{${variable}.${name}();${local}=()=>{};${read}();};`),
  ].join('');
}

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
  return short === source ? source : `${short}\n${withoutUndefined}\n`;
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
    if (state && newestChange(state) < started - CLOCK_LAG_MILLISECONDS) break;
    state = undefined;
  }
  const place = path.join(folder, built.digest);
  try {
    exports.write(built, place);
    const bundle = {};
    for (const { name } of built.parts) bundle[`${name}.js`] = signatureOf(path.join(place, `${name}.js`));
    if (state) replace(path.join(folder, 'state.json'), JSON.stringify({ ...state, bundle }));
    for (const name of fs.readdirSync(folder)) {
      if (name !== built.digest && name !== 'state.json')
        fs.rmSync(path.join(folder, name), { force: true, recursive: true });
    }
  } catch {
    // No cache: the bundle is made again next time.
  }
  return { folder: place, digest: built.digest, sources: built.parts.map(({ source }) => source) };
};

/** Writes each part, and its map if it has one, into the folder. */
exports.write = function write({ parts }, folder) {
  fs.mkdirSync(folder, { recursive: true });
  for (const { name, source, map } of parts) {
    replace(path.join(folder, `${name}.js`), Buffer.from(source, 'latin1'));
    if (map !== undefined) replace(path.join(folder, `${name}.js.map`), map);
  }
};

function stateOf({ inputs, digest }, root) {
  const files = new Map();
  const folders = {};
  const add = (file) => {
    const name = path.relative(root, file);
    if (!files.has(name)) files.set(name, signatureOf(file));
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
  // A file that went while it was read is none that anybody can compare with.
  if ([...files.values()].includes(null)) return undefined;
  return { format: FORMAT, digest, files: [...files.keys()], signatures: [...files.values()].flat(), folders };
}

function newestChange({ signatures }) {
  let newest = 0;
  for (let at = 0; at < signatures.length; at += SIGNATURE_LENGTH)
    newest = Math.max(newest, signatures[at + 1], signatures[at + 2]);
  return newest;
}

function replace(file, content) {
  const draft = `${file}.${process.pid}`;
  fs.writeFileSync(draft, content);
  fs.renameSync(draft, file);
}
