// Makes build/ for the npm package: the library as one module with its types, and the commands as another.
const { spawnSync } = require('node:child_process');
const { mkdirSync, rmSync, writeFileSync } = require('node:fs');
const { join, resolve } = require('node:path');
const { build } = require('../bin/bundle');

const root = resolve(__dirname, '..');
const output = join(root, 'build');
rmSync(output, { recursive: true, force: true });
mkdirSync(output);
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const { status } = spawnSync(process.execPath, [tsc, '--project', join(root, 'tsconfig.build.json')], {
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);
// What it is built on comes with it, but for what a project brings itself: a chart of theirs is to be a Chart of ours.
require('esbuild').buildSync({
  entryPoints: [join(root, 'lib', 'index.ts')],
  outfile: join(output, 'lib', 'index.js'),
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
build(root).then(({ source, digest }) => {
  writeFileSync(join(output, 'aviary.js'), source, 'latin1');
  writeFileSync(join(output, 'aviary.json'), `${JSON.stringify({ digest })}\n`);
});
