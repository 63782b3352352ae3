import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
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
import * as path from 'node:path';
import { loadAll } from 'js-yaml';
import { findHelm } from './helm';

/** A copy of the checkout, committed, with the cdk8s CLI in front: what a user of cdk8s does. */
const root = path.join(__dirname, '..');
let project: string;
const NOT_COPIED = new Set(['.git', 'node_modules', 'build', '.dist.aviary', 'coverage']);

beforeAll(() => {
  project = realpathSync(mkdtempSync(path.join(tmpdir(), 'aviary-project-')));
  for (const name of readdirSync(root))
    if (!NOT_COPIED.has(name)) cpSync(path.join(root, name), path.join(project, name), { recursive: true });
  mkdirSync(path.join(project, 'node_modules'));
  for (const name of readdirSync(path.join(root, 'node_modules')))
    if (name !== '.cache')
      symlinkSync(path.join(root, 'node_modules', name), path.join(project, 'node_modules', name), 'junction');
  const author = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
  for (const args of [
    ['init', '-q'],
    ['add', '-A'],
    [...author, 'commit', '-q', '-m', 'all'],
  ])
    spawnSync('git', args, { cwd: project });
});
afterAll(() => rmSync(project, { recursive: true, force: true }));
afterEach(() => {
  spawnSync('git', ['checkout', '-q', '.'], { cwd: project });
  spawnSync('git', ['clean', '-fdq'], { cwd: project });
});

interface Run {
  readonly status: number | null;
  readonly output: string;
  readonly stdout: string;
}

function cdk8s(args: readonly string[], env: NodeJS.ProcessEnv = {}): Run {
  const cli = path.join(project, 'node_modules/cdk8s-cli/bin/cdk8s');
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    cwd: project,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, CDK8S_CHECK_UPGRADE: 'false', FORCE_COLOR: '0', ...env },
  });
  return { status, stdout, output: `${stderr}${stdout}` };
}

const write = (file: string, text: string): void => writeFileSync(path.join(project, file), text);
const read = (file: string): string => readFileSync(path.join(project, file), 'utf8');
/** What git says of dist/: empty when it is as it was. */
const changes = (): string =>
  spawnSync('git', ['status', '--short', 'dist'], { cwd: project, encoding: 'utf8' }).stdout;
const breakCatalog = (): void =>
  write('services.json', read('services.json').replace('"service": "currencyservice"', '"service": "currencyservise"'));
const withMain = (body: string): void =>
  write(
    'main.ts',
    `import { ApiObject, App, Chart, Helm } from 'cdk8s';\nimport { AviaryApp } from './lib/app';\n${body}\n`,
  );
const CHART = `const chart = new Chart(app.cluster('production').apps, 'mine');
new ApiObject(chart, 'config', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'mine' }, data: { at: __dirname, here: require.resolve('./services.json') } });`;

/** Without it the row of `Helm` is skipped, by its name. */
const HELM = findHelm();

const tests: Record<string, () => void> = {
  '`cdk8s synth`': () => {
    const { status, output } = cdk8s(['synth']);
    expect([status, changes()]).toEqual([0, '']);
    expect(output).toMatch(
      /^12 services in 2 clusters, \d+ objects, 20 Canaries: \d+ files, all unchanged, [\d.]+ s\n/,
    );
    expect(output.match(/node_modules/g)).toHaveLength(1);
  },
  'an error under `cdk8s synth`': () => {
    breakCatalog();
    const { status, output } = cdk8s(['synth']);
    expect([status, changes()]).toEqual([1, '']);
    expect(output).toContain('no service "currencyservise". Did you mean "currencyservice"?');
    expect(output).not.toMatch(/^ +at /m);
  },
  '`-o DIR`': () => {
    breakCatalog();
    rmSync(path.join(project, 'node_modules/.cache'), { recursive: true, force: true });
    const { status, output } = cdk8s(['synth', '-o', 'dist']);
    expect([status, changes()]).toEqual([1, '']);
    expect(output).toMatch(/^\d\d files were put back into dist, as git has them\.$/m);
    spawnSync('git', ['checkout', '-q', 'services.json'], { cwd: project });
    expect(cdk8s(['synth', '-o', 'other']).status).toBe(0);
    expect(existsSync(path.join(project, 'other/clusters/production/layers.yaml'))).toBe(true);
  },
  '`--stdout`': () => {
    const refused = cdk8s(['synth', '--stdout']);
    expect([refused.status, refused.output.includes('Name one: AVIARY_CLUSTER=production')]).toEqual([1, true]);
    const { status, stdout } = cdk8s(['synth', '--stdout'], { AVIARY_CLUSTER: 'production' });
    const objects = loadAll(stdout) as { kind?: string; apiVersion: string }[];
    expect(status).toBe(0);
    expect(objects.length).toBeGreaterThan(90);
    expect(objects.filter((object) => !object?.kind || object.apiVersion.startsWith('kustomize.config'))).toEqual([]);
    expect(changes()).toBe('');
  },
  '`validations` of cdk8s.yaml': () => {
    mkdirSync(path.join(project, 'plugin'));
    write('plugin/package.json', '{"name": "plugin", "version": "1.0.0", "main": "index.js"}');
    write(
      'plugin/index.js',
      `exports.Forbidden = class {
  constructor({ name }) { this.name = name; }
  async validate({ manifests, parseManifest, report }) {
    for (const manifestPath of manifests)
      for (const object of parseManifest(manifestPath))
        if (object && object.kind === 'Deployment' && object.metadata.name === this.name)
          report.addViolation({ ruleName: 'forbidden', recommendation: 'none', fix: 'none', violatingResources: [{ resourceName: this.name, manifestPath, locations: ['metadata/name'] }] });
    report.submit(report.violations.length > 0 ? 'failure' : 'success');
  }
};
`,
    );
    const settings = read('cdk8s.yaml');
    const plugin = (name: string): void =>
      write(
        'cdk8s.yaml',
        `${settings}\nvalidations:\n  - package: ./plugin\n    version: 1.0.0\n    class: Forbidden\n    properties: { name: ${name} }\n`,
      );
    write('services.json', read('services.json').replaceAll('"v0.10.6"', '"v0.10.7"'));
    plugin('frontend');
    const { status, output } = cdk8s(['synth']);
    expect([status, changes()]).toEqual([1, '']);
    expect(output).toContain('Construct Path: production/apps/frontend');
    expect(output).toContain('Manifest Path: dist/clusters/production/apps/wave-3/frontend.yaml');
    plugin('nothing');
    expect(cdk8s(['synth']).output).toContain('Validations ended succesfully');
    expect(changes()).not.toBe('');
  },
  '`--validation-reports-output-file`': () => {
    // The option is the CLI's alone; without plugins there is no report.
    expect(cdk8s(['synth', '--validation-reports-output-file', 'report.json']).status).toBe(0);
  },
  '`--format helm`, `synthConfig`': () => {
    const { status, output } = cdk8s(['synth', '-o', 'dist', '--format', 'helm', '--chart-version', '1.0.0']);
    expect([status, changes(), output.includes('[helm-format]')]).toEqual([1, '', true]);
    write(
      'cdk8s.yaml',
      `${read('cdk8s.yaml')}\nsynthConfig: { format: helm, chartApiVersion: v2, chartVersion: 1.0.0 }\n`,
    );
    expect(cdk8s(['synth']).output).toContain('[helm-format]');
  },
  '`cdk8s import`': () => {
    const before = read('cdk8s.yaml');
    write(
      'crd.yaml',
      'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: gifts.example.com }\nspec:\n  group: example.com\n  names: { kind: Gift, plural: gifts }\n  scope: Namespaced\n  versions: [{ name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }]\n',
    );
    expect(cdk8s(['import', 'crd.yaml', '-l', 'typescript', '-o', 'own', '--no-save']).status).toBe(0);
    expect([existsSync(path.join(project, 'own/example.com.ts')), read('cdk8s.yaml')]).toEqual([true, before]);
  },
  '`app` of cdk8s.yaml': () => {
    expect(read('cdk8s.yaml')).toContain('app: node bin/app.js');
    // No types are checked.
    withMain('const app = new AviaryApp(); const unused: string = 1 as never; void unused; app.synth();');
    expect(cdk8s(['synth']).status).toBe(0);
  },
  '`new App()` beside the AviaryApp': () => {
    withMain(`const own = new App(); new Chart(own, 'mine'); own.synth(); new AviaryApp().synth();`);
    const { status, output } = cdk8s(['synth']);
    expect([status, changes()]).toEqual([1, '']);
    expect(output).toContain("new Chart(app.cluster('production').apps, 'mine')");
  },
  '`Helm`': () => {
    mkdirSync(path.join(project, 'charts-own/templates'), { recursive: true });
    write('charts-own/Chart.yaml', 'apiVersion: v2\nname: own\nversion: 1.0.0\n');
    write(
      'charts-own/templates/config.yaml',
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n',
    );
    withMain(
      `const app = new AviaryApp(); const chart = new Chart(app.cluster('production').apps, 'mine'); new Helm(chart, 'own', { chart: './charts-own', releaseName: 'rendered', helmExecutable: ${JSON.stringify(HELM)} }); app.synth();`,
    );
    expect(cdk8s(['synth']).status).toBe(0);
    expect(read('dist/clusters/production/apps/wave-0/mine.yaml')).toContain('name: rendered');
  },
  'errors in `main.ts`': () => {
    withMain(
      `const app = new AviaryApp();\nfunction fail(): never {\n  throw new Error('no such gift');\n}\nfail();\napp.synth();`,
    );
    const { status, output } = cdk8s(['synth']);
    expect([status, changes()]).toEqual([1, '']);
    expect(output).toContain('main.ts:5:9: error: main.ts failed: no such gift.');
    expect(output).not.toMatch(/^ +at /m);
  },
  '`__dirname`, `require.resolve`': () => {
    withMain(`const app = new AviaryApp();\n${CHART}\napp.synth();`);
    expect(cdk8s(['synth']).status).toBe(0);
    const text = read('dist/clusters/production/apps/wave-0/mine.yaml');
    expect(text).toContain(`at: ${project}\n`);
    expect(text).toContain(`here: ${path.join(project, 'services.json')}\n`);
  },
  'top-level await': () => {
    withMain('await Promise.resolve();');
    const { status, output } = cdk8s(['synth']);
    expect([status, output.includes('main.ts:3:1: error: top-level await is not supported')]).toEqual([1, true]);
    withMain('async function main() {\n  await Promise.resolve();\n  new AviaryApp().synth();\n}\nmain();');
    expect(cdk8s(['synth']).status).toBe(0);
  },
};

for (const [name, run] of Object.entries(tests))
  (name === '`Helm`' && HELM === undefined ? test.skip : test)(name, run);
