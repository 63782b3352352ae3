import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BOUTIQUE } from './catalog';
import { runProcess } from './processes';

/** The npm package as somebody else gets it: packed, unpacked beside its peers in a scratch folder, no network. */
const root = join(__dirname, '..');
let scratch: string;
const run = (command: string, args: readonly string[], cwd = scratch) => runProcess(cwd, command, args);

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

const compile = (name: string, text: string): void => {
  writeFileSync(join(scratch, `${name}.ts`), text);
  const options = [
    '--module',
    'node16',
    '--moduleResolution',
    'node16',
    '--target',
    'es2022',
    '--strict',
    '--types',
    'node',
  ];
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  // The declarations are checked too: none may need what the package does not bring.
  const compiled = run(process.execPath, [tsc, ...options, `${name}.ts`]);
  expect(compiled.output).toBe('');
};

test('the constructs in a cdk8s App of one’s own: writeTree gives the tree, synth of cdk8s says so', () => {
  compile(
    'stock',
    `import { App, Chart } from 'cdk8s';
import { CanaryRollout, FluxBootstrap, ManifestFile, type MeshMode, MicroserviceRelease, PLATFORM_VERSIONS, writeTree } from 'cdk8s-aviary';

const mesh: MeshMode = 'istio-sidecar';
const app = new App({ outdir: 'out' });
const chart = new Chart(app, 'cart', { namespace: 'shop' });
const release = new MicroserviceRelease(chart, 'cart', { image: 'registry.example.com/cart:1.0.0', ports: [{ port: 7070, protocol: 'grpc' }], canaried: true });
const rollout: CanaryRollout = new CanaryRollout(chart, 'rollout', { name: release.name, namespace: 'shop', port: { port: 7070, protocol: 'grpc' } });
new FluxBootstrap(app, 'production', {
  clusterName: 'production', mesh, namespace: 'shop', versions: PLATFORM_VERSIONS,
  prometheus: { address: 'http://prometheus-prometheus.monitoring:9090', scrapeInterval: '15s', install: true, retention: '7d' },
  gateway: { name: 'public', namespace: 'istio-ingress' }, hosts: [], external: [], accessLog: false,
  repository: { url: 'https://gitlab.com/example/gitops.git' }, flux: { mode: 'gotk' }, waves: [],
});
console.log(rollout.duration.successTicks, chart instanceof ManifestFile);
try { app.synth(); } catch (error) { console.log((error as Error).message); }
writeTree(app, 'out').then(({ summary }) => console.log(summary?.written));
// @ts-expect-error a protocol that does not exist
export const wrong = () => new CanaryRollout(chart, 'wrong', { port: { port: 1, protocol: 'smtp' } });
`,
  );
  const { status, stdout } = run(process.execPath, ['stock.js']);
  const [numbers, refusal, written] = stdout.trim().split('\n');
  expect([status, numbers]).toEqual([0, '8 false']);
  expect(refusal).toContain("await writeTree(app, 'dist')");
  expect(Number(written)).toBeGreaterThan(10);
  expect(existsSync(join(scratch, 'out/clusters/production/mesh/kustomization.yaml'))).toBe(true);
  expect(existsSync(join(scratch, 'out/cart.k8s.yaml'))).toBe(true);
}, 300_000);

test('AviaryApp from the package: charts, Include, and a cluster without a catalog', () => {
  writeFileSync(join(scratch, 'vendor.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: vendor }\n');
  compile(
    'own',
    `import { ApiObject, Chart, Include } from 'cdk8s';
import { AviaryApp } from 'cdk8s-aviary';

const app = new AviaryApp({ catalog: false, outdir: 'own' });
const apps = app.cluster('production').apps;
const chart = new Chart(apps, 'gifts', { namespace: 'shop' });
new ApiObject(chart, 'settings', { apiVersion: 'v1', kind: 'ConfigMap', data: { wrap: 'red' } });
new Include(new Chart(app.cluster('production').layer('mesh-config'), 'vendor'), 'include', { url: 'vendor.yaml' });
app.synth();
`,
  );
  const { status, output } = run(process.execPath, ['own.js']);
  expect([status, output]).toEqual([0, expect.stringContaining('files written')]);
  const files = (readdirSync(join(scratch, 'own'), { recursive: true }) as string[]).filter((file) =>
    /\.\w+$/.test(file),
  );
  expect(files.sort()).toEqual([
    'clusters/production/apps/wave-0/gifts.yaml',
    'clusters/production/apps/wave-0/kustomization.yaml',
    'clusters/production/mesh-config/kustomization.yaml',
    'clusters/production/mesh-config/vendor.yaml',
    'index.json',
  ]);
}, 300_000);

test.each(['aviary', 'cdk8s-aviary'])('the command %s is there', (name) => {
  const { bin } = require(join(scratch, 'node_modules/cdk8s-aviary/package.json')) as { bin: Record<string, string> };
  expect(bin[name]).toBe('bin/aviary.js');
});

test('aviary synth works from the package', () => {
  const command = join(scratch, 'node_modules/cdk8s-aviary/bin/aviary.js');
  const { status, output } = run(process.execPath, [command, 'synth', '--catalog', BOUTIQUE, '--out', 'tree']);
  expect([status, output]).toEqual([0, expect.stringMatching(/\d\d files written/)]);
  expect(existsSync(join(scratch, 'tree/clusters/production/layers.yaml'))).toBe(true);
});

test('the package holds no sources, no tests and no catalog', () => {
  const names = readdirSync(join(scratch, 'node_modules/cdk8s-aviary')).sort();
  expect(names).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'SECURITY.md',
    'bin',
    'build',
    'docs',
    'examples',
    'package.json',
    'services.schema.json',
  ]);
});
