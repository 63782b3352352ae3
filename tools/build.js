// Makes build/ for the npm package: the library as one module with its types, and the commands as another.
const { spawnSync } = require('node:child_process');
const { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { dirname, join, resolve } = require('node:path');
const { build, write } = require('../bin/bundle');

const root = resolve(__dirname, '..');
const output = join(root, 'build');
rmSync(output, { recursive: true, force: true });
mkdirSync(output);
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const { status } = spawnSync(process.execPath, [tsc, '--project', join(root, 'tsconfig.build.json')], {
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);
const imports = readdirSync(join(root, 'imports')).filter((file) => file.endsWith('.ts'));
dropUnreachable([
  ...['index.d.ts', 'testing/index.d.ts'].map((file) => join(output, 'lib', file)),
  ...imports.map((file) => join(output, 'imports', file.replace(/\.ts$/, '.d.ts'))),
]);
// The generated classes, for `cdk8s-aviary/imports/…`: each as it is.
require('esbuild').buildSync({
  entryPoints: imports.map((file) => join(root, 'imports', file)),
  outdir: join(output, 'imports'),
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  minifyWhitespace: true,
  logLevel: 'error',
});
// What it is built on comes with it, but for what a project brings itself: a chart of theirs is to be a Chart of ours.
require('esbuild').buildSync({
  entryPoints: ['index.ts', 'testing/index.ts'].map((file) => join(root, 'lib', file)),
  outbase: join(root, 'lib'),
  outdir: join(output, 'lib'),
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  mainFields: ['module', 'main'],
  external: ['cdk8s', 'cdk8s-plus-25', 'constructs'],
  minifyWhitespace: true,
  minifySyntax: true,
  keepNames: true,
  legalComments: 'eof',
  logLevel: 'error',
});
writeFileSync(join(output, 'LICENCES.txt'), require('./licences').licenceTexts(root));
build(root).then((bundle) => {
  // The maps are for somebody's main.ts, which is not in here.
  write({ parts: bundle.parts.map(({ name, source }) => ({ name, source })) }, join(output, 'bundle'));
  writeFileSync(join(output, 'bundle', 'digest.json'), `${JSON.stringify({ digest: bundle.digest })}\n`);
});

/** tsc writes the types of every file that it has read: what no public type names is left out. */
function dropUnreachable(entries) {
  const reached = new Set(entries);
  for (const file of reached)
    for (const [, name] of readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*['"](\.{1,2}\/?[^'"]*)['"]/g)) {
      const target = resolve(dirname(file), name);
      const found = [`${target}.d.ts`, join(target, 'index.d.ts')].find(existsSync);
      if (found) reached.add(found);
    }
  for (const name of readdirSync(output, { recursive: true }))
    if (name.endsWith('.d.ts') && !reached.has(join(output, name))) rmSync(join(output, name));
}
