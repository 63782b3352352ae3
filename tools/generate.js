// Writes everything that is generated from the sources: `npm run generate`. A test says when it is stale.
const { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } = require('node:fs');
const { dirname, join, resolve } = require('node:path');
const { registry } = require('./registry');
const { ruleRegistry } = require('./rule-registry');

const root = resolve(__dirname, '..');
// The registries come first: what follows loads them.
const registries = {
  'lib/preflight/rules.generated.ts': ruleRegistry(join(root, 'lib/preflight/rules')),
  'lib/flagger/providers/all.generated.ts': registry(join(root, 'lib/flagger/providers'), {
    type: 'Provider',
    from: './provider',
    skip: ['index', 'provider'],
    doc: 'Every provider, by id.',
  }),
  'lib/diff/dangers/all.generated.ts': registry(join(root, 'lib/diff/dangers'), {
    type: 'Danger',
    from: '../danger',
    skip: [],
    doc: 'Every danger, by id.',
  }),
  'lib/flagger/stores/all.generated.ts': registry(join(root, 'lib/flagger/stores'), {
    type: 'MetricStore',
    from: './store',
    skip: ['index', 'store'],
    doc: 'Every store, by id.',
  }),
  'lib/mesh/all.generated.ts': registry(join(root, 'lib/mesh'), {
    type: 'Mesh',
    from: './mesh',
    skip: ['index', 'mesh'],
    doc: 'Every mode, by id.',
    isLiteral: true,
  }),
};
for (const [path, text] of Object.entries(registries)) {
  writeFileSync(join(root, path), text);
  console.log(path);
}

const { outputFiles } = require('esbuild').buildSync({
  entryPoints: [join(root, 'tools', 'outputs.ts')],
  bundle: true,
  platform: 'node',
  format: 'cjs',
  mainFields: ['module', 'main'],
  write: false,
  logLevel: 'error',
});
const bundled = { exports: {} };
new Function('module', 'exports', 'require', '__dirname', outputFiles[0].text)(
  bundled,
  bundled.exports,
  require,
  __dirname,
);
const outputs = bundled.exports.outputs();
outputs.set('docs/licences.md', require('./licences').licencesPage(root));
for (const folder of ['docs/rules', 'docs/dangers'])
  for (const name of existsSync(join(root, folder)) ? readdirSync(join(root, folder)) : [])
    if (!outputs.has(`${folder}/${name}`)) rmSync(join(root, folder, name));
for (const [path, content] of outputs) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
  console.log(path);
}
