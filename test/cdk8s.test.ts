import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { ApiObject, App, Chart, Include, JsonPatch, Lazy, Testing, YamlOutputType } from 'cdk8s';
import * as kplus from 'cdk8s-plus-25';
import { AviaryApp, type AviaryAppProps } from '../lib';
import { runMain } from '../lib/app';
import { configChart, messages, smallApp, smallCatalog, synthApp } from '../lib/app/app.fixture';
import { refusedProps } from '../lib/app/refused-props';
import { runProgram } from '../lib/cli';
import { memoryIo } from '../lib/cli/memory-io';
import { readTree, removeTemporaryFolders, temporaryFolder } from '../lib/synth/synth.fixture';

afterEach(removeTemporaryFolders);

/** What stands in the tables of docs/cdk8s.md: the names of the features. */
function features(): string[] {
  const text = readFileSync(path.join(__dirname, '../docs/cdk8s.md'), 'utf8');
  return [...text.matchAll(/^\| (.+?) \| /gm)].map(([, name = '']) => name).filter((name) => name !== 'feature');
}

const production = (app: AviaryApp) => app.cluster('production').apps;
const filesOf = (app: AviaryApp): string[] =>
  [...app.render().keys()].filter((file) => /production\/apps\/wave-0\/(?!cart|kustomization)/.test(file));
const refusal = (props: AviaryAppProps) => refusedProps(new AviaryApp({ catalog: smallCatalog(), ...props }))?.message;

const tests: Record<string, () => void | Promise<void>> = {
  '`Chart`': () => {
    const app = smallApp();
    configChart(production(app), 'mine');
    expect(filesOf(app)).toEqual(['clusters/production/apps/wave-0/mine.yaml']);
    const alone = smallApp();
    configChart(alone, 'mine');
    expect(() => alone.render()).toThrow('chart "mine" stands in no layer of a cluster');
  },
  'several charts, nested charts': () => {
    const app = smallApp();
    configChart(configChart(production(app), 'outer'), 'inner');
    configChart(production(app), 'other');
    const names = filesOf(app).map((file) => path.basename(file));
    expect(names.sort()).toEqual(['other.yaml', 'outer-inner.yaml', 'outer.yaml']);
  },
  '`addDependency`': () => {
    const app = smallApp();
    const chart = new Chart(production(app), 'mine');
    const object = (name: string) =>
      new ApiObject(chart, name, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
    const first = object('first');
    first.addDependency(object('second'));
    chart.addDependency(app.service('cart'));
    const names = app
      .render()
      .get('clusters/production/apps/wave-1/mine.yaml')!
      .map(({ metadata }) => metadata.name);
    expect(names).toEqual(['second', 'first']);
  },
  'names that cdk8s generates': () => {
    const build = (scope: ConstructorParameters<typeof Chart>[0]) => {
      const chart = new Chart(scope, 'mine');
      new kplus.ConfigMap(chart, 'settings');
      return chart;
    };
    const app = smallApp();
    build(production(app));
    expect(app.render().get('clusters/production/apps/wave-0/mine.yaml')).toEqual(
      Testing.synth(build(new App({ outdir: 'unused' }))),
    );
  },
  '`ApiObject`, `JsonPatch`, `Lazy`': () => {
    const app = smallApp();
    const chart = new Chart(production(app), 'mine');
    const object = new ApiObject(chart, 'one', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'one' },
      data: { lazy: Lazy.any({ produce: () => 'made late' }) },
    });
    object.addJsonPatch(JsonPatch.add('/data/patched', 'yes'));
    expect(app.render().get('clusters/production/apps/wave-0/mine.yaml')).toMatchObject([
      { data: { lazy: 'made late', patched: 'yes' } },
    ]);
  },
  '`Include`': () => {
    const file = path.join(temporaryFolder(), 'vendor.yaml');
    writeFileSync(file, 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: vendor }\ndata: { mode: "0644" }\n');
    const app = smallApp();
    new Include(new Chart(production(app), 'mine'), 'vendor', { url: file });
    expect(app.render().get('clusters/production/apps/wave-0/mine.yaml')).toMatchObject([{ data: { mode: '0644' } }]);
  },
  'cdk8s-plus': () => {
    // One that the project does not use, where it is installed.
    const other = ['cdk8s-plus-33', 'cdk8s-plus-25'].find((name) => {
      try {
        return require.resolve(name);
      } catch {
        return undefined;
      }
    })!;
    const { ConfigMap } = require(other) as typeof kplus;
    const app = smallApp();
    new ConfigMap(new Chart(production(app), 'mine'), 'settings', { metadata: { name: 'mine' }, data: { a: '1' } });
    expect(app.render().get('clusters/production/apps/wave-0/mine.yaml')).toMatchObject([{ data: { a: '1' } }]);
  },
  '`node.addValidation`': async () => {
    const app = smallApp();
    configChart(production(app), 'mine').node.addValidation({ validate: () => ['too small', 'too old'] });
    const folder = temporaryFolder();
    expect(messages(await synthApp(folder, app))).toEqual([
      'validation-failed: production/apps/mine: too small',
      'validation-failed: production/apps/mine: too old',
    ]);
    expect(readTree(path.join(folder, 'dist'))).toBeUndefined();
  },
  '`outdir`': () => expect(new AviaryApp({ catalog: false, outdir: 'elsewhere' }).outdir).toBe('elsewhere'),
  '`CDK8S_OUTDIR`': () => {
    const before = process.env.CDK8S_OUTDIR;
    process.env.CDK8S_OUTDIR = 'somewhere';
    try {
      expect(new AviaryApp({ catalog: false }).outdir).toBe('somewhere');
      expect(new AviaryApp({ catalog: false, outdir: 'elsewhere' }).outdir).toBe('elsewhere');
    } finally {
      if (before === undefined) delete process.env.CDK8S_OUTDIR;
      else process.env.CDK8S_OUTDIR = before;
    }
  },
  '`outputFileExtension`': () => {
    const app = smallApp({ outputFileExtension: '.k8s.yaml' });
    configChart(production(app), 'mine');
    expect(filesOf(app)).toEqual(['clusters/production/apps/wave-0/mine.k8s.yaml']);
    expect(refusal({ outputFileExtension: '.json' })).toBe('outputFileExtension is ".json"');
  },
  '`yamlOutputType`': () => {
    const filesWith = (yamlOutputType: YamlOutputType) => {
      const app = smallApp({ yamlOutputType });
      configChart(configChart(production(app), 'outer'), 'inner');
      return filesOf(app)
        .map((file) => file.replace('clusters/production/apps/wave-0/', ''))
        .sort();
    };
    expect(filesWith(YamlOutputType.FILE_PER_CHART)).toEqual(['outer-inner.yaml', 'outer.yaml']);
    expect(filesWith(YamlOutputType.FILE_PER_RESOURCE)).toEqual(['ConfigMap.inner.yaml', 'ConfigMap.outer.yaml']);
    expect(filesWith(YamlOutputType.FOLDER_PER_CHART_FILE_PER_RESOURCE)).toEqual([
      'outer-inner/ConfigMap.inner.yaml',
      'outer/ConfigMap.outer.yaml',
    ]);
    expect(refusal({ yamlOutputType: YamlOutputType.FILE_PER_APP })).toBe(
      'yamlOutputType FILE_PER_APP cannot be done with a catalog',
    );
  },
  '`resolvers`': () => {
    const resolvers = [
      {
        resolve(context: { value: unknown; replaceValue(value: unknown): void }) {
          if (context.value === 'registry.example.com/shop/cart:v1') context.replaceValue('mirror.example.com/cart:v1');
        },
      },
    ];
    const text = JSON.stringify([...smallApp({ resolvers: resolvers as never }).render()]);
    expect(text).toContain('mirror.example.com/cart:v1');
    expect(text).not.toContain('registry.example.com/shop/cart:v1');
  },
  '`recordConstructMetadata`': () =>
    expect(refusal({ recordConstructMetadata: true })).toBe('recordConstructMetadata cannot be done in the tree'),
  '`app.charts`': () => {
    const app = smallApp();
    const second = configChart(production(app), 'second');
    second.addDependency(configChart(production(app), 'first'));
    expect(app.charts.map(({ node }) => node.id).sort()).toEqual(['first', 'second']);
  },
  '`app.synthYaml()`': () => {
    const app = new AviaryApp({ catalog: false });
    configChart(app.cluster('one').layer('mesh-config'), 'mine');
    expect(app.synthYaml()).toContain('kind: ConfigMap\nmetadata:\n  name: mine\n');
  },
  '`Testing.synth(chart)`': () => {
    const app = smallApp();
    const chart = configChart(production(app), 'mine');
    chart.addDependency(app.service('cart'));
    expect(Testing.synth(chart)).toMatchObject([{ kind: 'ConfigMap' }]);
  },
  '`synth()` forgotten': async () => {
    const { findings } = await runMain(
      () => {
        smallApp();
        // Nothing else is to be done: as at the end of a process.
        setImmediate(() => process.emit('beforeExit', 0));
      },
      { isInspection: true },
    );
    expect(findings.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'app-not-synthesized: nobody has called synth of the AviaryApp',
    ]);
  },
  '`aviary synth` of the package': async () => {
    const folder = temporaryFolder();
    const app = `node -e "console.error(process.env.AVIARY_RUN)"`;
    writeFileSync(path.join(folder, 'cdk8s.yaml'), JSON.stringify({ app }));
    const env = { PATH: process.env.PATH, AVIARY_ROOT: path.join(folder, 'node_modules/cdk8s-aviary') };
    const io = memoryIo({ cwd: folder, env });
    expect(await runProgram(['synth', '--force', '--no-cache', '--timing'], io)).toBe(0);
    expect(JSON.parse(io.err)).toEqual({ force: true, cache: false, quiet: false, timing: true });
  },
  aspects: () => {
    const app = smallApp();
    configChart(production(app), 'mine');
    app.apply({ supports: ApiObject.isApiObject, applyTo: (one) => (one as ApiObject).metadata.addLabel('a', 'b') });
    const objects = [...app.render()].flatMap(([file, all]) => (file.endsWith('kustomization.yaml') ? [] : all));
    expect(objects.filter(({ metadata }) => metadata.labels?.a !== 'b')).toEqual([]);
  },
};

/** With the command line, or a project around: test/cdk8s.long.test.ts. */
const elsewhere = readFileSync(path.join(__dirname, 'cdk8s.long.test.ts'), 'utf8');

test.each(Object.entries(tests))('%s', (_, run) => run());

test('each row of docs/cdk8s.md is a test', () => {
  const untested = features().filter((name) => !(name in tests) && !elsewhere.includes(`'${name}'`));
  expect(untested).toEqual([]);
  expect(Object.keys(tests).filter((name) => !features().includes(name))).toEqual([]);
});
