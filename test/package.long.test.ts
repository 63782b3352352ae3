import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BOUTIQUE } from './catalog';

/** The npm package as somebody else gets it: packed, unpacked beside its peers in a scratch folder, no network. */
const root = join(__dirname, '..');
let scratch: string;
const run = (command: string, args: readonly string[], cwd = scratch) => {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, FORCE_COLOR: '0' },
  });
  return { status, stdout, output: `${stdout}${stderr}` };
};

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'aviary-package-'));
  const packed = run('npm', ['pack', '--silent', '--pack-destination', scratch], root);
  const tarball = readdirSync(scratch).find((name) => name.endsWith('.tgz'));
  if (!tarball) throw new Error(`npm pack: ${packed.output}`);
  const home = join(scratch, 'node_modules', 'cdk8s-aviary');
  mkdirSync(home, { recursive: true });
  run('tar', ['-xzf', tarball, '--strip-components=1', '-C', home]);
  for (const peer of ['cdk8s', 'cdk8s-plus-25', 'constructs', '@types']) {
    symlinkSync(join(root, 'node_modules', peer), join(scratch, 'node_modules', peer), 'junction');
  }
}, 60_000);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

test('import { MicroserviceRelease, CanaryRollout, FluxBootstrap } works, with types', () => {
  writeFileSync(
    join(scratch, 'app.ts'),
    `import { App, Chart } from 'cdk8s';
import { CanaryRollout, FluxBootstrap, MicroserviceRelease, PLATFORM_VERSIONS } from 'cdk8s-aviary';

const app = new App({ outdir: 'out' });
const chart = new Chart(app, 'cart', { namespace: 'shop' });
const release = new MicroserviceRelease(chart, 'cart', { image: 'registry.example.com/cart:1.0.0', ports: [{ port: 7070, protocol: 'grpc' }], canaried: true });
const rollout: CanaryRollout = new CanaryRollout(chart, 'rollout', { name: release.name, namespace: 'shop', port: { port: 7070, protocol: 'grpc' } });
new FluxBootstrap(app, 'production', {
  clusterName: 'production', mesh: 'istio-sidecar', namespace: 'shop', versions: PLATFORM_VERSIONS,
  prometheus: { address: 'http://prometheus-prometheus.monitoring:9090', scrapeInterval: '15s', install: true, retention: '7d' },
  gateway: { name: 'public', namespace: 'istio-ingress' }, hosts: [], external: [], accessLog: false,
  repository: { url: 'https://gitlab.com/example/gitops.git' }, flux: { mode: 'gotk' }, waves: [],
});
app.synth();
console.log(rollout.duration.successTicks);
// @ts-expect-error a protocol that does not exist
new CanaryRollout(chart, 'wrong', { port: { port: 1, protocol: 'smtp' } });
`,
  );
  const options = [
    '--module',
    'node16',
    '--moduleResolution',
    'node16',
    '--target',
    'es2022',
    '--strict',
    '--skipLibCheck',
    '--types',
    'node',
  ];
  const compiled = run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...options, 'app.ts']);
  expect(compiled.output).toBe('');
  const { status, stdout } = run(process.execPath, ['app.js']);
  expect([status, stdout.trim()]).toEqual([0, '8']);
  expect(readdirSync(join(scratch, 'out')).length).toBeGreaterThan(10);
});

test.each(['aviary', 'cdk8s-aviary'])('the command %s is there', (name) => {
  const { bin } = require(join(scratch, 'node_modules/cdk8s-aviary/package.json')) as { bin: Record<string, string> };
  expect(bin[name]).toBe('bin/aviary.js');
});

test('aviary synth works from the package', () => {
  const command = join(scratch, 'node_modules/cdk8s-aviary/bin/aviary.js');
  const { status, output } = run(process.execPath, [command, 'synth', '--catalog', BOUTIQUE, '--out', 'tree']);
  expect([status, output.includes('65 files written')]).toEqual([0, true]);
  expect(existsSync(join(scratch, 'tree/clusters/production/layers.yaml'))).toBe(true);
});

test('the package holds no sources, no tests and no catalog', () => {
  const names = readdirSync(join(scratch, 'node_modules/cdk8s-aviary')).sort();
  expect(names).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'bin',
    'build',
    'package.json',
    'services.schema.json',
  ]);
});
