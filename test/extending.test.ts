import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { transformSync } from '@swc/core';
import type { AviaryApp } from '../lib';
import { runMain } from '../lib/app';
import { synthApp } from '../lib/app/app.fixture';
import { removeTemporaryFolders, temporaryFolder } from '../lib/synth/synth.fixture';
import { BOUTIQUE } from './catalog';
import { examplesOf } from './page-examples';

afterEach(removeTemporaryFolders);

const root = path.join(__dirname, '..');

const examples = examplesOf('docs/extending.md');

/** Evaluates an example as main.ts is, from the project's root. */
async function evaluate(code: string, catalog = BOUTIQUE): Promise<AviaryApp> {
  const { code: script } = transformSync(code, {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'commonjs' },
  });
  const load = () =>
    new Function('require', 'exports', script)(
      (name: string) => require(name.startsWith('./') ? path.join(root, name) : name),
      {},
    );
  const { app, findings } = await runMain(load, { isInspection: true, catalog });
  expect(findings).toEqual([]);
  return app as AviaryApp;
}

test('there are six', () => {
  expect([...examples.keys()]).toEqual(['A chart', 'A layer', 'A canary', 'A label for all', 'A check', 'A test']);
});

test('the README shows one of them', () => {
  expect([...examplesOf('README.md').values()]).toEqual([examples.get('A canary')]);
});

test.each<[string, (app: AviaryApp) => void]>([
  [
    'A chart',
    (app) => {
      const files = app.render();
      expect(files.get('clusters/production/apps/wave-2/wrapping.yaml')).toMatchObject([{ data: { paper: 'red' } }]);
    },
  ],
  [
    'A layer',
    (app) => {
      const files = app.render();
      expect(files.get('clusters/production/databases/postgres.yaml')).toMatchObject([
        { kind: 'Namespace' },
        { data: { mode: '0644' } },
      ]);
      const layers = files.get('clusters/production/layers.yaml')!.map(({ metadata }) => metadata.name);
      expect(layers).toContain('databases');
      expect(files.get('clusters/staging/layers.yaml')!.map(({ metadata }) => metadata.name)).not.toContain(
        'databases',
      );
    },
  ],
  [
    'A canary',
    (app) => {
      const objects = app.render().get('clusters/staging/apps/wave-2/gifts.yaml')!;
      expect(objects.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['Deployment', 'Service', 'Canary']));
    },
  ],
  [
    'A label for all',
    (app) => {
      const objects = [...app.render()]
        .filter(([file]) => !file.endsWith('kustomization.yaml'))
        .flatMap(([, all]) => all);
      expect(objects.filter(({ metadata }) => metadata.labels?.team !== 'shop')).toEqual([]);
      expect(JSON.stringify(objects)).toContain('"dnsPolicy":"ClusterFirst"');
    },
  ],
  ['A check', (app) => void app.render()],
])('%s, on Online Boutique', async (name, expectations) => {
  const app = await evaluate(examples.get(name)!);
  expectations(app);
  const { findings, summary } = await synthApp(temporaryFolder(), app);
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(summary?.written).toBeGreaterThan(0);
});

// The example is a test itself.
const { code: own } = transformSync(examples.get('A test')!, {
  jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
  module: { type: 'commonjs' },
});
const before = process.env.AVIARY_CATALOG;
process.env.AVIARY_CATALOG = BOUTIQUE;
afterAll(() => {
  if (before === undefined) delete process.env.AVIARY_CATALOG;
  else process.env.AVIARY_CATALOG = before;
});
new Function('require', 'exports', 'test', 'expect', own)(
  (name: string) => require(name.startsWith('./') ? path.join(root, name) : name),
  {},
  test,
  expect,
);

// As services.json of this repository has it.
test.each(['A chart', 'A canary'])('%s, where production refuses what the catalog does not know', async (name) => {
  const catalog = JSON.parse(readFileSync(BOUTIQUE, 'utf8')) as { clusters: { name: string }[] };
  const clusters = catalog.clusters.map((one) => (one.name === 'production' ? { ...one, policies: 'enforce' } : one));
  const folder = temporaryFolder();
  const file = path.join(folder, 'services.json');
  writeFileSync(file, JSON.stringify({ ...catalog, clusters }));
  const { findings } = await synthApp(folder, await evaluate(examples.get(name)!, file));
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
});
