import { App } from 'cdk8s';
import { onlineBoutique } from '../../test/catalog';
import { type Catalog, loadCatalog } from '../catalog';
import type { ManifestFile } from '../constructs';
import type { KubeObject } from '../kube';
import { planUnits } from './plan';

function load(catalog: Catalog): { catalog?: Catalog; problems: string[] } {
  const { catalog: loaded, findings } = loadCatalog(JSON.stringify(catalog), 'services.json');
  return { catalog: loaded, problems: findings.map(({ message, fix, code }) => `${message}: ${fix} [${code}]`) };
}

/** Online Boutique with fields of one service. */
function withService(name: string, fields: object): Catalog {
  const catalog = onlineBoutique();
  return {
    ...catalog,
    services: catalog.services.map((service) => (service.name === name ? { ...service, ...fields } : service)),
  };
}

/** The charts of a unit: files by class and path. */
function unitCharts(catalog: Catalog, id: string): ManifestFile[] {
  const unit = planUnits(load(catalog).catalog!).find((one) => one.id === id)!;
  const app = new App();
  unit.build(app);
  return app.charts as ManifestFile[];
}

const objectsOf = (catalog: Catalog, id: string): KubeObject[] =>
  unitCharts(catalog, id)
    .filter((file) => !('isWritten' in file))
    .flatMap((file) => file.toJson() as KubeObject[]);

const helmReleaseOf = (catalog: Catalog, id: string) =>
  objectsOf(catalog, id).find(({ kind }) => kind === 'HelmRelease') as KubeObject & { spec: Record<string, any> };

describe('the Helm form', () => {
  const catalog = withService('cartservice', { release: 'helm' });

  test('one chart a service, one HelmRelease a cluster, the Service beside it', () => {
    const ids = planUnits(load(catalog).catalog!).map(({ id, cluster }) => `${cluster}:${id}`);
    expect(ids.filter((id) => id.includes('charts/'))).toEqual([':charts/cartservice']);
    expect(
      objectsOf(catalog, 'production/apps/cartservice').map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    ).toEqual(['Service cartservice', 'HelmRelease cartservice']);
    const { spec } = helmReleaseOf(catalog, 'production/apps/cartservice');
    expect(spec).toMatchObject({
      releaseName: 'cartservice',
      timeout: '16m',
      chart: { spec: { chart: './charts/cartservice', reconcileStrategy: 'ChartVersion' } },
      upgrade: { strategy: { name: 'RetryOnFailure' } },
      driftDetection: { mode: 'enabled', ignore: [{ paths: ['/spec/replicas'], target: { kind: 'Deployment' } }] },
      healthCheckExprs: [{ kind: 'Canary' }],
    });
    expect(spec.values.image).toEqual({
      repository: 'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/cartservice',
      tag: 'v0.10.6',
      digest: '',
    });
  });

  test('a new image is a new value, and the same chart', () => {
    const released = withService('cartservice', { release: 'helm', image: { tag: 'v0.10.7' } });
    const before = helmReleaseOf(catalog, 'production/apps/cartservice').spec;
    const after = helmReleaseOf(released, 'production/apps/cartservice').spec;
    expect(after.chart).toEqual(before.chart);
    expect(after.values.image.tag).toBe('v0.10.7');
    expect(after.values.release).not.toEqual(before.values.release);
  });

  test('what is text in the templates is another version of the chart', () => {
    const changed = withService('cartservice', { release: 'helm', podAnnotations: { team: 'cart' } });
    const versionOf = (of: Catalog) => helmReleaseOf(of, 'staging/apps/cartservice').spec.chart.spec.version;
    expect(versionOf(catalog)).toMatch(/^1\.0\.0-c[0-9a-f]{12}$/);
    expect(versionOf(changed)).not.toBe(versionOf(catalog));
  });

  test('in one cluster only', () => {
    const { clusters, ...rest } = onlineBoutique();
    const one = {
      ...rest,
      clusters: clusters.map((cluster) =>
        cluster.name === 'staging'
          ? { ...cluster, services: { ...cluster.services, adservice: { release: 'helm' as const } } }
          : cluster,
      ),
    };
    expect(helmReleaseOf(one, 'staging/apps/adservice')).toBeDefined();
    expect(helmReleaseOf(one, 'production/apps/adservice')).toBeUndefined();
  });

  test('from a registry', () => {
    const { platform, ...rest } = catalog;
    const oci = {
      ...rest,
      platform: { ...platform, charts: { oci: 'oci://registry.example.com/charts/', provider: 'gcp' as const } },
    };
    const [, source, release] = objectsOf(oci, 'staging/apps/cartservice') as (KubeObject & { spec: any })[];
    expect(source!.spec).toMatchObject({ url: 'oci://registry.example.com/charts/cartservice', provider: 'gcp' });
    expect(release!.spec.chartRef).toEqual({ kind: 'OCIRepository', name: 'cartservice' });
    expect(source!.spec.ref.tag).toMatch(/^1\.0\.0-c/);
  });

  test('handed over, the objects outlive what applies them', () => {
    const annotation = (of: Catalog, kind: string): unknown =>
      unitCharts(of, 'staging/apps/cartservice')
        .flatMap((file) => file.toJson() as KubeObject[])
        .find((object) => object.kind === kind)?.metadata.annotations;
    expect(annotation(withService('cartservice', { release: { handOver: true } }), 'Canary')).toMatchObject({
      'kustomize.toolkit.fluxcd.io/prune': 'disabled',
    });
    expect(
      annotation(withService('cartservice', { release: { form: 'helm', handOver: true } }), 'Canary'),
    ).toMatchObject({
      'helm.sh/resource-policy': 'keep',
    });
  });
});

describe("somebody else's chart", () => {
  const chart = { oci: 'oci://registry.example.com/charts/redis', version: '21.2.3' };
  const values = { architecture: 'standalone' };

  test('a source and a release, in the wave of the service', () => {
    const catalog = withService('redis-cart', { release: { chart, values, test: true, timeout: '5m' } });
    const objects = objectsOf(catalog, 'staging/apps/redis-cart') as (KubeObject & { spec: any })[];
    expect(objects.map(({ kind }) => kind)).toEqual(['OCIRepository', 'HelmRelease']);
    expect(objects[1]!.spec).toMatchObject({
      values,
      timeout: '5m',
      test: { enable: true },
      chartRef: { name: 'redis-cart' },
    });
  });

  test('a canary of the Deployment that it makes', () => {
    const catalog = withService('adservice', { release: { chart, values } });
    const objects = objectsOf(catalog, 'staging/apps/adservice') as (KubeObject & { spec: any })[];
    expect(objects.map(({ kind }) => kind)).toEqual(['OCIRepository', 'HelmRelease', 'Canary']);
    expect(objects[2]!.spec.targetRef).toMatchObject({ kind: 'Deployment', name: 'adservice' });
    expect(objects[1]!.spec.driftDetection.ignore).toHaveLength(1);
  });
});

const git = { git: 'https://gitlab.com/example/charts.git', path: 'redis', version: 'v1' };
test.each<[string, object, string]>([
  [
    'a form and a chart',
    { form: 'helm', chart: git },
    `"redis-cart": release has a form and a chart: remove form: somebody else's chart is a form of its own [release]`,
  ],
  [
    'values without a chart',
    { form: 'helm', values: {} },
    `"redis-cart": values belongs to somebody else's chart, and release names none: add release.chart, or remove values; the service's own chart gets its values from the catalog [release]`,
  ],
  [
    'onFailure of the plain form',
    { onFailure: 'retry' },
    '"redis-cart": onFailure belongs to the Helm form: write "form": "helm" beside it, or remove it [release]',
  ],
  [
    'two places',
    { chart: { ...git, oci: 'oci://a/b' } },
    '"redis-cart": release.chart has oci and git: give exactly one of oci, repo and git [release]',
  ],
  [
    'a range',
    { chart: { repo: 'https://charts.example.com', name: 'redis', version: '21.x' } },
    '"redis-cart": the version "21.x" is not exact: write the whole version, such as "21.2.3": the tree says what runs [release]',
  ],
  [
    'a repository without the name of the chart',
    { chart: { repo: 'https://charts.example.com', version: '21.2.3' } },
    '"redis-cart": name is the name of a chart in repo: give repo and name together, or none of the two [release]',
  ],
  [
    'a misspelt dependency',
    { chart: git, dependsOn: ['cartservise'] },
    '"redis-cart" depends on "cartservise": no such service in cluster "production": write "cartservice" [unknown-service]',
  ],
  [
    'a dependency without a release',
    { chart: git, dependsOn: ['adservice'] },
    '"redis-cart" depends on "adservice": it has no HelmRelease to wait for: write "release": "helm" for "adservice", or use waves [release]',
  ],
  [
    'a timeout',
    { chart: git, timeout: 'soon' },
    'timeout "soon" has a unit without a number: write it like "10m" [invalid-duration]',
  ],
])('refused: %s', (_, release, expected) => {
  expect(load(withService('redis-cart', { release })).problems).toContain(expected);
});

test('a rollback of Helm beside a canary is refused', () => {
  expect(load(withService('adservice', { release: { form: 'helm', onFailure: 'rollback' } })).problems).toEqual([
    '"adservice": onFailure "rollback" undoes what Flagger has rolled back already: remove onFailure [release]',
  ]);
});

test('a dependency in a later wave never comes', () => {
  const catalog = withService('redis-cart', { release: { chart: git, dependsOn: ['cartservice'] } });
  const both = {
    ...catalog,
    services: catalog.services.map((one) => (one.name === 'cartservice' ? { ...one, release: 'helm' as const } : one)),
  };
  expect(load(both).problems).toEqual([
    '"redis-cart" depends on "cartservice": it comes in wave 1, which waits for wave 0: write "wave": 0 for "cartservice", or remove it [release]',
  ]);
});
