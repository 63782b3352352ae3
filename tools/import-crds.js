// Regenerates imports/ from a folder of CustomResourceDefinitions: `npm run import -- FOLDER`.
// One `cdk8s import` per file, without touching cdk8s.yaml.
const { spawnSync } = require('node:child_process');
const { existsSync, mkdirSync, readdirSync, rmSync, statSync } = require('node:fs');
const { join, resolve } = require('node:path');

const root = resolve(__dirname, '..');
const folder = process.argv[2];
if (!folder || !existsSync(folder) || !statSync(folder).isDirectory()) {
  console.error('Usage: npm run import -- FOLDER\nFOLDER holds CustomResourceDefinitions as .yaml files.');
  process.exit(2);
}
const output = join(root, 'imports');
const crds = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
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
