import { ApiObject, App, Chart, JsonPatch, Lazy, Yaml } from 'cdk8s';
import { Construct, type IConstruct } from 'constructs';
import * as fc from 'fast-check';
import { boutiqueText } from '../../test/catalog';
import { runs } from '../../test/runs';
import { loadCatalog } from '../catalog';
import { planUnits, type Unit } from '../charts';
import { YamlEmitter } from './emit-yaml';
import { orderObjects } from './object-order';
import { renderUnit } from './render';

test('writes Online Boutique as the stock App would', () => {
  const { catalog } = loadCatalog(boutiqueText(), 'services.json');
  const emitter = new YamlEmitter();
  let files = 0;
  for (const unit of planUnits(catalog!)) {
    const app = new App();
    unit.build(app);
    const expected = app.charts.map((chart) => Yaml.stringify(...chart.toJson()));
    const rendered = renderUnit(unit).files.map(({ documents }) => emitter.file(documents));
    expect(rendered.sort()).toEqual(expected.sort());
    files += rendered.length;
  }
  expect(files).toBeGreaterThan(50);
});

const unitOf = (build: Unit['build']): Unit => ({ id: 'unit', cluster: 'test', input: {}, build });

test("keeps resolvers, Lazy values, patches and a plain chart's name", () => {
  const { files } = renderUnit(
    unitOf((app) => {
      const chart = new Chart(app, 'plain', { labels: { team: 'x' } });
      const object = new ApiObject(chart, 'o', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        data: { late: Lazy.any({ produce: () => 'now' }) },
      });
      object.addJsonPatch(JsonPatch.add('/data/patched', 'yes'));
    }),
  );
  expect(files).toEqual([
    {
      path: 'plain.k8s.yaml',
      documents: [
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: expect.stringMatching(/^plain-o-/), labels: { team: 'x' } },
          data: { late: 'now', patched: 'yes' },
        },
      ],
    },
  ]);
});

/** A random app: charts in charts, objects in constructs, and dependencies that make no cycle. */
const shape = fc.record({
  parents: fc.array(fc.nat(30), { minLength: 2, maxLength: 14 }),
  kinds: fc.array(fc.constantFrom('chart', 'group', 'object'), { minLength: 14, maxLength: 14 }),
  dependencies: fc.array(fc.tuple(fc.nat(14), fc.nat(14)), { maxLength: 6 }),
});

function buildApp({ parents, kinds, dependencies }: typeof shape extends fc.Arbitrary<infer T> ? T : never): App {
  const app = new App();
  const scopes: Construct[] = [new Chart(app, 'first'), new Chart(app, 'second')];
  const made: IConstruct[] = [];
  parents.forEach((parent, index) => {
    const scope = scopes[parent % scopes.length]!;
    if (kinds[index] === 'object') {
      made.push(
        new ApiObject(scope, `o${index}`, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `o${index}` } }),
      );
      return;
    }
    const nested = kinds[index] === 'chart' ? new Chart(scope, `c${index}`) : new Construct(scope, `g${index}`);
    scopes.push(nested);
    made.push(nested);
  });
  for (const [a, b] of dependencies) {
    const [source, target] = [made[a % made.length]!, made[b % made.length]!];
    if (source !== target) source.node.addDependency(target);
  }
  return app;
}

test('orders objects as the stock App does, or sees the cycle that it sees', () => {
  fc.assert(
    fc.property(shape, (random) => {
      let stock: Map<string, string[]> | undefined;
      try {
        const app = buildApp(random);
        stock = new Map(
          app.charts.map((chart) => [chart.node.path, chart.toJson().map(({ metadata }) => metadata.name)]),
        );
      } catch (error) {
        expect((error as Error).message).toMatch(/cycle|call stack/i);
      }
      const app = buildApp(random);
      if (!stock) return;
      const ours = new Map(
        orderObjects(app.node.findAll()).map(({ chart, objects }) => [
          chart.node.path,
          objects.map(({ name }) => name),
        ]),
      );
      expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(stock));
    }),
    { numRuns: runs(1000), seed: 3 },
  );
});

test('a layered graph of dependencies takes no exponential time', () => {
  const app = new App();
  const chart = new Chart(app, 'c');
  let previous: ApiObject[] = [];
  for (let layer = 0; layer < 60; layer++) {
    const objects = [0, 1].map(
      (index) =>
        new ApiObject(chart, `${layer}-${index}`, {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: `${layer}-${index}` },
        }),
    );
    for (const object of objects) for (const target of previous) object.addDependency(target);
    previous = objects;
  }
  const objects = orderObjects(app.node.findAll())[0]?.objects ?? [];
  expect(objects.map(({ name }) => name).slice(0, 3)).toEqual(['0-0', '0-1', '1-0']);
  expect(objects).toHaveLength(120);
});

test('a cycle is named', () => {
  const app = new App();
  const chart = new Chart(app, 'c');
  const [a, b] = ['a', 'b'].map((id) => new ApiObject(chart, id, { apiVersion: 'v1', kind: 'ConfigMap' })) as [
    ApiObject,
    ApiObject,
  ];
  a.addDependency(b);
  b.addDependency(a);
  expect(() => orderObjects(app.node.findAll())).toThrow('Dependency cycle detected: c/a => c/b => c/a');
});
