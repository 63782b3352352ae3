import { ApiObject, App, Chart, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-25';
import { Construct } from 'constructs';
import { CanaryRollout, ManifestFile, MicroserviceRelease } from '../constructs';
import { trackedChecksum } from '../constructs/release-tracking';
import { readTree, removeTemporaryFolders, temporaryFolder } from '../synth/synth.fixture';
import { configChart, messages, smallApp, synthApp } from './app.fixture';
import type { AviaryApp } from './aviary-app';

afterEach(removeTemporaryFolders);

const listOf = (app: AviaryApp, folder: string): unknown =>
  (app.render().get(`${folder}/kustomization.yaml`)?.[0] as { resources?: unknown } | undefined)?.resources;

test('the scopes are the clusters of the catalog', () => {
  const app = smallApp();
  expect(app.clusters.map(({ name, namespace }) => [name, namespace])).toEqual([
    ['staging', 'shop'],
    ['production', 'shop'],
  ]);
  expect(app.cluster('production')).toBe(app.clusters[1]);
  expect(app.isExtended).toBe(false);
});

test('a chart goes into its wave, into the list of its folder, and nowhere else', () => {
  const app = smallApp();
  const before = smallApp().render();
  const gifts = configChart(app.cluster('production').apps, 'gifts');
  gifts.node.addDependency(app.service('cart'));
  const after = app.render();
  expect([...after.keys()].filter((file) => !before.has(file))).toEqual(['clusters/production/apps/wave-1/gifts.yaml']);
  expect(after.get('clusters/production/apps/wave-1/gifts.yaml')).toEqual([
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'gifts', namespace: 'shop' }, data: { key: 'value' } },
  ]);
  expect(listOf(app, 'clusters/production/apps/wave-1')).toEqual(['frontend.yaml', 'gifts.yaml']);
  const changed = [...after].filter(([file, objects]) => JSON.stringify(objects) !== JSON.stringify(before.get(file)));
  expect(changed.map(([file]) => file)).toEqual([
    'clusters/production/apps/wave-1/kustomization.yaml',
    'clusters/production/apps/wave-1/gifts.yaml',
  ]);
});

test('a chart is released after another chart, and a service after a chart', () => {
  const app = smallApp();
  const { apps } = app.cluster('staging');
  const first = configChart(apps, 'first');
  const second = configChart(apps, 'second');
  second.addDependency(first);
  app.service('cart').node.addDependency(second);
  const files = [...app.render().keys()].filter((file) => /staging\/apps\/.*(?<!kustomization)\.yaml/.test(file));
  expect(files.sort()).toEqual([
    'clusters/staging/apps/wave-0/first.yaml',
    'clusters/staging/apps/wave-1/second.yaml',
    'clusters/staging/apps/wave-2/cart.yaml',
    'clusters/staging/apps/wave-3/frontend.yaml',
  ]);
});

test('a layer of the platform and one of its own', () => {
  const app = smallApp();
  const production = app.cluster('production');
  configChart(production.layer('mesh-config'), 'limits');
  configChart(production.addLayer('databases', { after: 'mesh-config', before: production.apps }), 'postgres');
  configChart(production.addLayer('reports', { after: production.apps }), 'weekly');
  expect(listOf(app, 'clusters/production/mesh-config')).toEqual(['mesh-config.yaml', 'limits.yaml']);
  expect(listOf(app, 'clusters/production/databases')).toEqual(['postgres.yaml']);
  const order = (app.render().get('clusters/production/layers.yaml') ?? []).map((object) => {
    const { dependsOn } = object.spec as { dependsOn?: { name: string }[] };
    return [object.metadata.name, dependsOn?.[0]?.name];
  });
  expect(order.slice(-5)).toEqual([
    ['mesh-config', 'flagger'],
    ['databases', 'mesh-config'],
    ['apps-wave-0', 'databases'],
    ['apps-wave-1', 'apps-wave-0'],
    ['reports', 'apps-wave-1'],
  ]);
});

test('a Canary in a layer holds it until its rollout has ended', () => {
  const app = smallApp();
  const layer = app.cluster('production').addLayer('edge', { after: 'mesh-config' });
  const chart = new Chart(layer, 'proxy', { namespace: 'edge' });
  const spec = {
    targetRef: { kind: 'Deployment', name: 'proxy' },
    analysis: { interval: '5m', threshold: 5, stepWeight: 10 },
  };
  new ApiObject(chart, 'canary', {
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: { name: 'proxy' },
    spec,
  });
  const edge = app
    .render()
    .get('clusters/production/layers.yaml')!
    .find(({ metadata }) => metadata.name === 'edge')!;
  const { timeout, healthCheckExprs } = edge.spec as { timeout: string; healthCheckExprs: { kind: string }[] };
  expect([timeout, healthCheckExprs.map(({ kind }) => kind)]).toEqual(['1h25m', ['Canary']]);
});

test('generated names are those of an App of its own, in every cluster', () => {
  const build = (scope: Construct): Chart => {
    const chart = new Chart(scope, 'gifts');
    new kplus.Deployment(chart, 'web', { containers: [{ image: 'gifts:1', portNumber: 8080 }] }).exposeViaService();
    return chart;
  };
  const expected = Testing.synth(build(new App({ outdir: 'unused' })));
  const app = smallApp();
  for (const { apps } of app.clusters) build(apps);
  const files = app.render();
  for (const { name } of app.clusters) expect(files.get(`clusters/${name}/apps/wave-0/gifts.yaml`)).toEqual(expected);
});

test('Testing.synth of cdk8s renders a chart that depends on a service', () => {
  const app = smallApp();
  const chart = configChart(app.cluster('staging').apps, 'gifts');
  chart.node.addDependency(app.service('cart'));
  expect(Testing.synth(chart)).toHaveLength(1);
});

test('charts in constructs and in charts have files of their own', () => {
  const app = smallApp();
  const wrapper = new Construct(app.cluster('staging').layer('monitoring'), 'observability');
  configChart(configChart(wrapper, 'dashboards'), 'alerts');
  expect(listOf(app, 'clusters/staging/monitoring')).toEqual([
    'monitoring.yaml',
    'observability-dashboards.yaml',
    'observability-dashboards-alerts.yaml',
  ]);
});

test.each<[string, (app: AviaryApp) => void, string[]]>([
  [
    'a chart in no cluster',
    (app) => configChart(app, 'mine'),
    ['chart-without-layer: chart "mine" stands in no layer of a cluster'],
  ],
  [
    'a cluster that is not there',
    (app) => configChart(app.cluster('prodution').apps, 'mine'),
    [
      'unknown-cluster: the app asks for cluster "prodution", which the catalog does not have Did you mean "production"?',
    ],
  ],
  [
    'a layer that is not there',
    (app) => configChart(app.cluster('production').layer('mesh-confg'), 'mine'),
    [
      'unknown-layer: chart "mesh-confg/mine" is in layer "mesh-confg", which cluster "production" does not have Did you mean "mesh-config"?',
    ],
  ],
  [
    'a service that is not there',
    (app) => configChart(app.cluster('production').apps, 'mine').node.addDependency(app.service('carts')),
    [
      'unknown-dependency: "apps/mine" depends on service "carts", which cluster "production" does not have Did you mean "cart"?',
    ],
  ],
  [
    'a dependency on a later layer',
    (app) =>
      configChart(app.cluster('production').layer('mesh-config'), 'mine').node.addDependency(app.service('cart')),
    [
      'dependency-against-order: "mesh-config/mine" in layer "mesh-config" depends on "cart", which is applied in layer "apps", after it',
    ],
  ],
  [
    'a circle',
    (app) => {
      const chart = configChart(app.cluster('production').apps, 'mine');
      chart.node.addDependency(app.service('frontend'));
      app.service('cart').node.addDependency(chart);
    },
    [
      'dependency-cycle: "apps/mine" waits for itself: apps/mine → frontend → cart → apps/mine',
      'dependency-cycle: "cart" waits for itself: cart → apps/mine → frontend → cart',
    ],
  ],
  [
    'a dependency on another cluster',
    (app) => {
      const there = configChart(app.cluster('staging').apps, 'there');
      configChart(app.cluster('production').apps, 'here').node.addDependency(there);
    },
    ['dependency-across-clusters: production/apps/here depends on staging/apps/there, which is in another cluster'],
  ],
  [
    'a validation',
    (app) => configChart(app.cluster('production').apps, 'mine').node.addValidation({ validate: () => ['too small'] }),
    ['validation-failed: production/apps/mine: too small'],
  ],
  [
    'a value that cannot be rendered',
    (app) => configChart(app.cluster('production').apps, 'mine', { at: new Date(0) }),
    [
      "code-failed: chart production/apps/mine cannot be rendered: production/apps/mine/config: can't render non-simple object of type 'Date'",
    ],
  ],
])('%s is an error, and nothing is written', async (_, extend, expected) => {
  const folder = temporaryFolder();
  const app = smallApp();
  extend(app);
  const result = await synthApp(folder, app);
  expect(messages(result)).toEqual(expected);
  expect(readTree(`${folder}/dist`)).toBeUndefined();
});

test('only what somebody has touched is built again', async () => {
  const folder = temporaryFolder();
  const run = async (value: string, rest: (app: AviaryApp) => void = () => undefined) => {
    const app = smallApp();
    for (const { apps } of app.clusters) configChart(apps, 'gifts', { value });
    rest(app);
    const { summary, work, findings } = await synthApp(folder, app);
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    return [work.unitsBuilt, summary?.written];
  };
  const [all, files] = await run('1');
  expect([all, files]).toEqual([12, 39]);
  expect(await run('1')).toEqual([0, 0]);
  expect(await run('2')).toEqual([2, 2]);
  // The chart and the list of its wave, and the layers: the wave takes longer than none.
  expect(await run('2', (app) => configChart(app.cluster('staging').apps, 'more'))).toEqual([2, 3]);
  expect(await run('2')).toEqual([1, 2]);
});

describe('a transform of a release in a chart of its own', () => {
  const checksums = (version: string | undefined) => {
    const app = smallApp();
    const production = app.cluster('production');
    const chart = new Chart(production.apps, 'gifts', { namespace: 'shop' });
    const release = new MicroserviceRelease(chart, 'gifts', {
      image: 'registry.example.com/gifts:1',
      ports: [{ port: 8080, protocol: 'http' }],
      canaried: true,
    });
    release.addCanary();
    const rollouts = new Chart(production.apps, 'elsewhere', { namespace: 'shop' });
    new CanaryRollout(rollouts, 'rollout', { release, port: { port: 8080, protocol: 'http' } });
    if (version !== undefined)
      app.transform('version', (object) => {
        const containers = (object as any).spec?.template?.spec?.containers ?? [];
        for (const container of containers) container.image = `registry.example.com/gifts:${version}`;
        return object;
      });
    const objects = [...app.render()].flatMap(([file, found]) => (/gifts|elsewhere/.test(file) ? found : []));
    const data = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'gifts.release')?.data;
    const canaries = objects.filter(({ kind }) => kind === 'Canary');
    return {
      digest: (data as { digest: string }).digest,
      stated: canaries.map(({ metadata }) => metadata.annotations?.['aviary.dev/release-checksum']),
    };
  };

  test('the checksum is that of what is written, also in another chart', () => {
    const { digest, stated } = checksums('2');
    expect(stated).toEqual([trackedChecksum({ digest }), trackedChecksum({ digest })]);
    expect(digest).not.toBe(checksums(undefined).digest);
    expect(digest).not.toBe(checksums('3').digest);
  });
});

test('a transform reaches files that know their path, once, however often the app is rendered', () => {
  const app = smallApp();
  const file = new ManifestFile(app.cluster('production'), 'file', { path: 'clusters/production/apps/own.yaml' });
  new ApiObject(file, 'config', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'own' }, data: { text: '' } });
  const seen: unknown[] = [];
  app.transform('longer', (object, where) => {
    if (object.metadata.name !== 'own') return object;
    seen.push(where);
    return { ...object, data: { text: `${(object.data as { text: string }).text}x` } };
  });
  app.render();
  expect(app.render().get('clusters/production/apps/own.yaml')?.[0]?.data).toEqual({ text: 'x' });
  expect(seen[0]).toEqual({ cluster: 'production', layer: 'apps' });
});
