// Runs a TypeScript script of this repository: `node tools/run-script.js bench/catalog.ts 100`. No type check, no files left.
const { buildSync } = require('esbuild');
const { Module, createRequire } = require('node:module');
const path = require('node:path');
const vm = require('node:vm');

const file = path.resolve(process.argv[2]);
process.argv.splice(1, 2, file);
const { outputFiles } = buildSync({
  entryPoints: [file],
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
  write: false,
});
const module_ = { exports: {} };
const run = vm.runInThisContext(Module.wrap(outputFiles[0].text), { filename: file });
run(module_.exports, createRequire(file), module_, file, path.dirname(file));
