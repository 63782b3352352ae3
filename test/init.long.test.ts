import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { inPipeline, runProcess } from './processes';

/** A project of one's own, made by the packed npm package, with what npm would install linked beside it: no network. */
const root = join(__dirname, '..');
let scratch: string;
let project: string;

const run = (command: string, args: readonly string[], cwd = project) => runProcess(cwd, command, args, inPipeline);
const installed = (name: string): string => join(scratch, 'node_modules', name);
const aviary = (args: readonly string[], cwd = project) =>
  run(process.execPath, [join(installed('cdk8s-aviary'), 'bin', 'aviary.js'), ...args], cwd);
const runJest = (...args: string[]) => run(process.execPath, [join(installed('jest'), 'bin', 'jest.js'), ...args]);
/** The cdk8s app as cdk8s.yaml runs it, with the loader of TypeScript done before. */
const synth = () => {
  const { code } = transformSync(readFileSync(join(project, 'main.ts'), 'utf8'), { loader: 'ts', format: 'cjs' });
  writeFileSync(join(project, 'main.js'), code);
  return run(process.execPath, ['main.js']);
};
const edit = (change: (catalog: any) => void): void => {
  const file = join(project, 'services.json');
  const catalog = JSON.parse(readFileSync(file, 'utf8'));
  change(catalog);
  writeFileSync(file, JSON.stringify(catalog, null, 2));
};
const tree = (): string[] =>
  (readdirSync(join(project, 'dist'), { recursive: true }) as string[]).filter((file) => /\.\w+$/.test(file)).sort();

beforeAll(() => {
  scratch = realpathSync(mkdtempSync(join(tmpdir(), 'aviary-init-')));
  project = join(scratch, 'shop');
  const packed = run('npm', ['pack', '--silent', '--pack-destination', scratch], root);
  const tarball = readdirSync(scratch).find((name) => name.endsWith('.tgz'));
  if (!tarball) throw new Error(`npm pack: ${packed.output}`);
  mkdirSync(installed('cdk8s-aviary'), { recursive: true });
  run('tar', ['-xzf', join(scratch, tarball), '--strip-components=1', '-C', installed('cdk8s-aviary')], scratch);
  mkdirSync(installed('@swc'));
  for (const name of ['cdk8s', 'cdk8s-plus-25', 'constructs', '@types', 'jest', '@swc/core', '@swc/jest'])
    symlinkSync(join(root, 'node_modules', name), installed(name), 'junction');
}, 600_000);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

test('aviary init, then synth and test, at once', () => {
  expect(aviary(['init', 'shop', '--yes', '--ci', 'gitlab'], scratch)).toMatchObject({ status: 0 });
  expect(readdirSync(project)).toContain('.gitlab-ci.yml');
  const { status, output } = synth();
  expect([status, output]).toEqual([0, expect.stringContaining('2 services')]);
  expect(tree().filter((file) => file.includes('apps'))).toEqual([
    'clusters/production/apps/wave-0/backend.yaml',
    'clusters/production/apps/wave-0/kustomization.yaml',
    'clusters/production/apps/wave-1/frontend.yaml',
    'clusters/production/apps/wave-1/kustomization.yaml',
  ]);
  expect(tree()).toContain('clusters/production/flux-system/flux-instance.yaml');
  // The first run writes the snapshot, the next one compares.
  expect(runJest('-u').output).toContain('1 snapshot written');
  expect(runJest('--ci')).toMatchObject({ status: 0 });
}, 600_000);

test('the mesh is one word, and a canary one line more; the snapshot shows it', () => {
  edit((catalog) => {
    catalog.platform.mesh = 'istio-sidecar';
  });
  expect(synth().status).toBe(0);
  expect(tree()).toContain('clusters/production/mesh/mesh.yaml');
  expect(runJest('--ci').status).toBe(0);
  edit((catalog) => {
    catalog.services[0].canary = { loadTest: { requestsPerSecond: 10 } };
  });
  expect(synth().status).toBe(0);
  const { status, output } = runJest('--ci');
  expect(status).toBe(1);
  expect(output).toContain('+ kind: Canary');
  expect(runJest('-u').output).toContain('1 snapshot updated');
  expect(runJest('--ci').status).toBe(0);
}, 600_000);

test('preflight of manifests works in an empty folder, with nothing else installed', () => {
  const folder = join(scratch, 'empty');
  mkdirSync(folder);
  const { status, output } = aviary(
    ['preflight', '--manifests', join(root, 'examples', 'seed-failure', 'manifests')],
    folder,
  );
  expect([status, output]).toEqual([1, expect.stringContaining('[ingress-bypasses-vs]')]);
});

test('the package holds what is listed here', () => {
  const files = (readdirSync(installed('cdk8s-aviary'), { recursive: true }) as string[]).filter((file) =>
    /\.\w+$|LICENSE$/.test(file),
  );
  // Pages and examples, for the links of the README.
  const pages = files.filter((file) => /^(docs|examples)\//.test(file));
  expect(pages).toEqual(expect.arrayContaining(['docs/preflight.svg', 'docs/constructs.md', 'docs/rules/README.md']));
  expect(files.filter((file) => !file.endsWith('.d.ts') && !pages.includes(file)).sort()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'SECURITY.md',
    'bin/aviary.js',
    'bin/launch.js',
    'bin/worker.js',
    'build/LICENCES.txt',
    'build/bundle/digest.json',
    'build/bundle/part-0.js',
    'build/bundle/part-1.js',
    'build/bundle/part-2.js',
    // The generated classes, as they are in the repository.
    ...readdirSync(join(__dirname, '..', 'imports'))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `build/imports/${file.replace(/\.ts$/, '.js')}`)
      .sort(),
    'build/lib/index.js',
    'build/lib/testing/index.js',
    'package.json',
    'services.schema.json',
  ]);
  expect(files.filter((file) => !pages.includes(file) && /\.test\.|catalog\/|preflight\//.test(file))).toEqual([]);
});
