import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inPipeline, runProcess } from './processes';

/** A project of one's own as somebody gets it: the packed package, `npm install` from the registry, the cdk8s CLI. */
const root = join(__dirname, '..');
let scratch: string;
let project: string;

const run = (command: string, args: readonly string[], cwd = project) => runProcess(cwd, command, args, inPipeline);
const edit = (file: string, change: (content: any) => void): void => {
  const content = JSON.parse(readFileSync(join(project, file), 'utf8'));
  change(content);
  writeFileSync(join(project, file), `${JSON.stringify(content, null, 2)}\n`);
};
/** What a step changes, as a review of it shows it. */
const changes = (): string[] => {
  run('git', ['add', '--all']);
  const { output } = run('git', ['diff', '--cached', '--stat=200', '--', 'dist', 'services.json']);
  run('git', ['-c', 'user.name=me', '-c', 'user.email=me@example.com', 'commit', '--quiet', '--message', 'a step']);
  return output
    .split('\n')
    .flatMap((line) => /^ (\S+)\s+\|/.exec(line)?.[1] ?? [])
    .sort();
};

const hasRegistry = spawnSync('npm', ['ping'], { stdio: 'ignore', timeout: 30_000 }).status === 0;
const whereRegistry = hasRegistry ? test : test.skip;

beforeAll(() => {
  if (!hasRegistry) return;
  scratch = realpathSync(mkdtempSync(join(tmpdir(), 'aviary-install-')));
  project = join(scratch, 'shop');
  run('npm', ['pack', '--silent', '--pack-destination', scratch], root);
  const tarball = readdirSync(scratch).find((name) => name.endsWith('.tgz'))!;
  // As `npx cdk8s-aviary init` does it, with the package that is not published yet.
  run('npm', ['install', '--no-audit', '--no-fund', '--prefix', join(scratch, 'cli'), join(scratch, tarball)], scratch);
  const command = join(scratch, 'cli', 'node_modules', '.bin', 'cdk8s-aviary');
  const made = run(command, ['init', 'shop', '--yes', '--ci', 'gitlab', '--flux', 'FluxInstance'], scratch);
  expect(made.status).toBe(0);
  edit('package.json', (content) => {
    content.devDependencies['cdk8s-aviary'] = `file:../${tarball}`;
  });
  expect(run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'])).toMatchObject({ status: 0 });
  run('git', ['init', '--quiet']);
}, 600_000);
afterAll(() => scratch && rmSync(scratch, { recursive: true, force: true }));

whereRegistry('npx cdk8s synth and npm test work at once (needs the npm registry)', () => {
  const synth = run('npx', ['cdk8s', 'synth']);
  expect([synth.status, synth.output]).toEqual([0, expect.stringContaining('2 services')]);
  // At somebody's desk, where the first run writes the snapshot; in a pipeline there has to be one.
  const tested = runProcess(project, 'npm', ['test'], { ...inPipeline, CI: 'false' });
  expect([tested.status, tested.output]).toEqual([0, expect.stringContaining('2 passed')]);
  expect(run('npm', ['test'])).toMatchObject({ status: 0 });
  expect(changes()).toContain('dist/clusters/production/apps/wave-1/frontend.yaml');
  // Nothing is left to be made again.
  expect(run('npx', ['cdk8s', 'synth']).status).toBe(0);
  expect(changes()).toEqual([]);
});

whereRegistry('then the mesh: one word (needs the npm registry)', () => {
  edit('services.json', (catalog) => {
    catalog.platform.mesh = 'istio-sidecar';
  });
  expect(run('npx', ['cdk8s', 'synth']).status).toBe(0);
  expect(changes().filter((file) => file.includes('/mesh/') || file.includes('/apps/'))).toEqual([
    'dist/clusters/production/mesh/kustomization.yaml',
    'dist/clusters/production/mesh/mesh.yaml',
  ]);
});

whereRegistry('then one canary: its service, and what rolls out (needs the npm registry)', () => {
  edit('services.json', (catalog) => {
    catalog.services[0].canary = { loadTest: { requestsPerSecond: 10 } };
  });
  expect(run('npx', ['cdk8s', 'synth']).status).toBe(0);
  const shown = run('npx', ['aviary', 'diff', '--base', 'HEAD', 'dist']);
  expect(shown.output).toContain('shop/frontend: canary on');
  expect(shown.status).toBe(2);
  expect(run('npm', ['test']).output).toContain('+ kind: Canary');
  expect(run('npm', ['run', 'test:update']).status).toBe(0);
  expect(run('npm', ['test']).status).toBe(0);
  expect(changes().filter((file) => file.includes('/apps/'))).toEqual([
    'dist/clusters/production/apps/wave-1/frontend.yaml',
  ]);
});

whereRegistry('the Makefile and the pipeline are of this project (needs the npm registry)', () => {
  expect(run('make', ['-n', 'synth']).output).toContain('aviary synth');
  expect(readFileSync(join(project, '.gitlab-ci.yml'), 'utf8')).toContain('npx aviary publish --cluster production');
});
