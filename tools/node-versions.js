// Synthesizes with other versions of node and compares with dist/, byte for byte: `npm run test:node`.
// The npm package `node` brings them, once, into a cache outside the checkout; one that cannot be had is skipped by name.
const { spawnSync } = require('node:child_process');
const { existsSync, mkdirSync, mkdtempSync, rmSync } = require('node:fs');
const { homedir, tmpdir } = require('node:os');
const { join, resolve } = require('node:path');

const root = resolve(__dirname, '..');
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'aviary-node');
let failed = 0;
for (const version of ['22', '24']) {
  const home = join(cache, version);
  const node = join(home, 'node_modules', 'node', 'bin', 'node');
  if (!existsSync(node)) {
    mkdirSync(home, { recursive: true });
    spawnSync('npm', ['install', '--silent', '--no-audit', '--prefix', home, `node@${version}`], { stdio: 'ignore' });
  }
  if (!existsSync(node)) {
    console.log(`node ${version}: skipped, the package node@${version} cannot be installed here`);
    continue;
  }
  const folder = mkdtempSync(join(tmpdir(), 'aviary-node-'));
  const synth = spawnSync(node, [join(root, 'bin', 'aviary.js'), 'synth', '--no-cache', '--quiet', '--out', folder], {
    cwd: root,
    stdio: 'inherit',
  });
  const same =
    synth.status === 0 && spawnSync('diff', ['-r', folder, join(root, 'dist')], { stdio: 'inherit' }).status === 0;
  rmSync(folder, { recursive: true, force: true });
  const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  console.log(`node ${stdout.trim()}: dist/ is ${same ? 'the same' : 'different'}`);
  if (!same) failed++;
}
process.exit(failed === 0 ? 0 : 1);
