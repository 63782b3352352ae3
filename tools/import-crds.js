// Regenerates imports/ from a folder of CustomResourceDefinitions: `npm run import -- FOLDER`.
// One `cdk8s import` per file, without touching cdk8s.yaml. Of Flagger's kinds the schema of `spec` is kept as well
// (lib/flagger/definitions.json), by which the constructs refuse what the API server would.
const { spawnSync } = require('node:child_process');
const { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } = require('node:fs');
const { join, resolve } = require('node:path');
const { loadAll } = require('js-yaml');

const root = resolve(__dirname, '..');
const folder = process.argv[2];
if (!folder || !existsSync(folder) || !statSync(folder).isDirectory()) {
  console.error('Usage: npm run import -- FOLDER\nFOLDER holds CustomResourceDefinitions as .yaml files.');
  process.exit(2);
}
const output = join(root, 'imports');
/** Of projects whose licence is not to be brought into the package: docs/decisions/0021-no-class-of-fluxinstance.md. */
const NOT_IMPORTED = ['fluxcd.controlplane.io.yaml'];
const crds = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml') && !NOT_IMPORTED.includes(name))
  .sort()
  .map((name) => resolve(folder, name));
rmSync(output, { recursive: true, force: true });
mkdirSync(output);
const cli = join(root, 'node_modules', 'cdk8s-cli', 'bin', 'cdk8s');
for (const crd of crds) {
  // One call a file: given several, cdk8s-cli 2.207 imports only the first.
  const { status } = spawnSync(
    process.execPath,
    [cli, 'import', crd, '--language', 'typescript', '--output', output, '--no-save', '--check-upgrade=false'],
    { cwd: root, stdio: 'inherit', env: { ...process.env, CDK8S_CHECK_UPGRADE: 'false' } },
  );
  if (status !== 0) process.exit(status ?? 1);
}

/** What the check of a value reads; descriptions and CEL rules are left out. */
const KEPT = new Set(
  'type properties additionalProperties items required enum pattern minimum maximum minLength maxLength maxItems default oneOf anyOf not x-kubernetes-int-or-string'.split(
    ' ',
  ),
);
const lean = (schema) =>
  Array.isArray(schema)
    ? schema.map(lean)
    : typeof schema !== 'object' || schema === null
      ? schema
      : Object.fromEntries(
          Object.entries(schema)
            .filter(([key]) => KEPT.has(key))
            .map(([key, value]) => [
              key,
              key === 'properties'
                ? Object.fromEntries(Object.entries(value).map(([name, own]) => [name, lean(own)]))
                : key === 'default' || key === 'enum'
                  ? value
                  : lean(value),
            ]),
        );
const flaggerFile = crds.find((path) => path.endsWith('flagger.app.yaml'));
if (flaggerFile) {
  const definitions = {};
  for (const { spec } of loadAll(readFileSync(flaggerFile, 'utf8')))
    definitions[spec.names.kind] = lean(spec.versions[0].schema.openAPIV3Schema.properties.spec);
  const path = join(root, 'lib', 'flagger', 'definitions.json');
  writeFileSync(path, `${JSON.stringify(definitions, null, 2)}\n`);
  spawnSync(process.execPath, [
    join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome'),
    'format',
    '--write',
    path,
  ]);
}
