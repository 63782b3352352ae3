import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { ApiObject, Chart, Include } from 'cdk8s';
import * as fc from 'fast-check';
import { isLong } from '../../test/runs';
import { loadCatalog } from '../catalog';
import type { SynthResult } from '../synth';
import { readTree, removeTemporaryFolders, temporaryFolder } from '../synth/synth.fixture';
import { smallCatalog, synthApp } from './app.fixture';
import { AviaryApp } from './aviary-app';
import { AppExtension } from './extension';

afterEach(removeTemporaryFolders);

/** What the catalog, main.ts, a file and a variable say. */
interface State {
  readonly tags: Readonly<Record<string, string>>;
  /** Charts by id. */
  readonly charts: Readonly<Record<string, OwnChart>>;
  readonly text: string;
  readonly variable: string;
  /** Input of a unit that is built only when it differs. */
  readonly generated: number;
  readonly label: string;
}

interface OwnChart {
  readonly layer: 'apps' | 'mesh-config' | 'own';
  readonly after?: string;
  readonly value: string;
  readonly canary: boolean;
}

const START: State = {
  tags: { cart: 'v1', frontend: 'v1', pay: 'v1', mail: 'v1' },
  charts: {},
  text: 'one',
  variable: 'one',
  generated: 1,
  label: '',
};

type Edit = (state: State) => State;

const word = fc.constantFrom('one', 'two', 'three');
const service = fc.constantFrom('cart', 'frontend', 'pay', 'mail');
const id = fc.constantFrom('alpha', 'beta', 'gamma');
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(service, word).map(
    ([name, tag]): Edit =>
      (state) => ({ ...state, tags: { ...state.tags, [name]: tag } }),
  ),
  fc
    .record({
      id,
      layer: fc.constantFrom('apps' as const, 'mesh-config' as const, 'own' as const),
      after: service,
      value: word,
      canary: fc.boolean(),
    })
    .map(({ id: one, layer, after, ...rest }): Edit => {
      const chart: OwnChart = { layer, ...(layer === 'apps' ? { after } : {}), ...rest };
      return (state) => ({ ...state, charts: { ...state.charts, [one]: chart } });
    }),
  id.map(
    (one): Edit =>
      (state) => {
        const { [one]: _, ...charts } = state.charts;
        return { ...state, charts };
      },
  ),
  word.map(
    (text): Edit =>
      (state) => ({ ...state, text }),
  ),
  word.map(
    (variable): Edit =>
      (state) => ({ ...state, variable }),
  ),
  fc.nat(3).map(
    (generated): Edit =>
      (state) => ({ ...state, generated }),
  ),
  word.map(
    (label): Edit =>
      (state) => ({ ...state, label }),
  ),
);

let built: string[] = [];

function appOf(state: State, folder: string): AviaryApp {
  const file = path.join(folder, 'own.yaml');
  writeFileSync(file, `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: included }\ndata: { text: ${state.text} }\n`);
  process.env.AVIARY_TEST_VARIABLE = state.variable;
  const catalog = smallCatalog();
  catalog.services.push(
    {
      ...catalog.services[0]!,
      name: 'pay',
      env: { CART_ADDR: { service: 'cart' } },
      canary: { interval: '1m', threshold: 3 },
    },
    { ...catalog.services[0]!, name: 'mail' },
  );
  for (const one of catalog.services) one.image = { tag: state.tags[String(one.name)] };
  const app = new AviaryApp({ catalog });
  const production = app.cluster('production');
  const own = production.addLayer('own', { after: 'mesh-config' });
  const layers = { apps: production.apps, 'mesh-config': production.layer('mesh-config'), own };
  for (const [name, { layer, after, value, canary }] of Object.entries(state.charts)) {
    const chart = new Chart(layers[layer], name, { namespace: 'shop' });
    if (after !== undefined) chart.node.addDependency(app.service(after));
    new ApiObject(chart, 'config', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { value } });
    // It wants a Service that is the catalog's, and its findings follow from what the catalog says of it.
    if (canary)
      new ApiObject(chart, 'canary', {
        apiVersion: 'flagger.app/v1beta1',
        kind: 'Canary',
        metadata: { name: 'mail' },
        spec: {
          targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'mail' },
          service: { port: 8080 },
          analysis: { interval: '1m', threshold: 2, stepWeight: 20, maxWeight: 60 },
        },
      });
  }
  new Include(new Chart(own, 'included'), 'include', { url: file });
  new ApiObject(new Chart(own, 'variable'), 'config', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'variable' },
    data: { value: process.env.AVIARY_TEST_VARIABLE },
  });
  app.addUnit(own, 'generated', { input: { size: state.generated } }, (chart, { size }) => {
    built.push('generated');
    for (let index = 0; index < size; index++)
      new ApiObject(chart, `${index}`, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `generated-${index}` },
      });
  });
  app.service('cart').configure(
    ({ deployment }) => {
      built.push('cart');
      deployment.metadata.addAnnotation('example.com/variable', state.variable);
    },
    { env: ['AVIARY_TEST_VARIABLE'] },
  );
  if (state.label !== '')
    app.apply(
      {
        supports: ApiObject.isApiObject,
        applyTo: (one) => (one as ApiObject).metadata.addLabel('example.com/label', state.label),
      },
      { input: state.label },
    );
  return app;
}

/** Each unit of a state with all that it depends on, as its input and what callbacks say that they read tell. */
function unitsOf(state: State, folder: string): ReadonlyMap<string, string> {
  const app = appOf(state, folder);
  const { catalog } = loadCatalog(JSON.stringify(app.catalog), 'the catalog');
  const { units } = new AppExtension(app).plan(catalog!);
  return new Map(units.map(({ id, input, salt }) => [id, JSON.stringify([input, salt])]));
}

const findingsOf = ({ findings }: SynthResult) =>
  findings
    .filter(({ code }) => !/^service-moves|^canary-removed|-with-its-/.test(code))
    .map(({ code, severity, message, place }) => JSON.stringify([code, severity, message, place]))
    .sort();

test('incremental is clean, after edits of the catalog, of charts, of a file and of a variable', async () => {
  const before = process.env.AVIARY_TEST_VARIABLE;
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 2, maxLength: 6 }), async (edits) => {
      const folder = temporaryFolder();
      let state = START;
      for (const [step, change] of [(one: State) => one, ...edits].entries()) {
        const last = state;
        state = change(state);
        built = [];
        const incremental = await synthApp(folder, appOf(state, folder));
        const builtNow = [...built];
        const clean = path.join(folder, `clean-${step}`);
        mkdirSync(clean);
        const whole = await synthApp(clean, appOf(state, folder), { cacheDir: undefined });
        expect(findingsOf(incremental)).toEqual(findingsOf(whole));
        expect(incremental.summary !== undefined).toBe(whole.summary !== undefined);
        if (!whole.summary) return;
        expect(readTree(path.join(folder, 'dist'))).toEqual(readTree(path.join(clean, 'dist')));
        if (step === 0) continue;
        // What nothing has touched is not built.
        const isTouched = state.label !== last.label;
        const generated = state.generated !== last.generated || isTouched;
        const cart = state.variable !== last.variable || state.tags.cart !== last.tags.cart || isTouched;
        if (!generated) expect(builtNow).not.toContain('generated');
        else expect(builtNow.filter((one) => one === 'generated')).toHaveLength(1);
        if (cart) expect(builtNow.filter((one) => one === 'cart')).toHaveLength(2);
        const [before, after] = [unitsOf(last, folder), unitsOf(state, folder)];
        const touched = [...after].filter(([one, input]) => before.get(one) !== input).map(([one]) => one);
        expect(incremental.work.unitsBuilt).toBe(touched.length);
        // By itself: a tag is of one service, in two clusters; a service that is canaried has its release in no other unit.
        const tags = Object.keys(state.tags).filter((name) => state.tags[name] !== last.tags[name]);
        if (JSON.stringify({ ...state, tags: last.tags }) === JSON.stringify(last))
          expect(touched.sort()).toEqual(
            tags.flatMap((name) => ['production', 'staging'].map((cluster) => `${cluster}/apps/${name}`)).sort(),
          );
      }
    }),
    { seed: 20_261_130, numRuns: isLong ? 24 : 1 },
  );
  if (before === undefined) delete process.env.AVIARY_TEST_VARIABLE;
  else process.env.AVIARY_TEST_VARIABLE = before;
});
