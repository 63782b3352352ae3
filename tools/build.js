// Makes build/ for the npm package: the constructs as CommonJS with their types, and the commands as one bundle.
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
build(root).then(({ source, digest }) => {
  writeFileSync(join(output, 'aviary.js'), source, 'latin1');
  writeFileSync(join(output, 'aviary.json'), `${JSON.stringify({ digest })}\n`);
});
