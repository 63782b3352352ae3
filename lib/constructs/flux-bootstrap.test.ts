import { App, type Chart, Testing } from 'cdk8s';
import type { KubeObject } from '../kube';
import { PLATFORM_VERSIONS } from './flux/platform';
import { FluxBootstrap, type FluxBootstrapProps } from './flux-bootstrap';
import { ManifestFile } from './manifest-file';

const PROPS: FluxBootstrapProps = {
  clusterName: 'production',
  mesh: 'istio-sidecar',
  namespace: 'shop',
  versions: PLATFORM_VERSIONS,
  prometheus: {
    address: 'http://prometheus-prometheus.monitoring:9090',
    scrapeInterval: '15s',
    install: true,
    retention: '7d',
  },
  gateway: { name: 'public', namespace: 'istio-ingress' },
  hosts: ['shop.example.com'],
  external: [],
  accessLog: false,
  repository: { url: 'https://gitlab.com/example/gitops.git', path: 'fleet' },
  flux: { mode: 'gotk' },
  waves: [
    { name: 'wave-0', rolloutSeconds: 540 },
    { name: 'wave-1', rolloutSeconds: 61 },
  ],
};

function render(props: Partial<FluxBootstrapProps> = {}): { files: Map<string, any[]>; bootstrap: FluxBootstrap } {
  const app = new App({ outdir: 'unused' });
  const bootstrap = new FluxBootstrap(app, 'production', { ...PROPS, ...props });
  const files = app.node.findAll().flatMap((node) => (node instanceof ManifestFile ? [node as ManifestFile] : []));
  return { files: new Map(files.map((file) => [file.path, Testing.synth(file as Chart)])), bootstrap };
}
const named = (objects: KubeObject[], kind: string, name: string): any =>
  objects.find((object) => object.kind === kind && object.metadata.name === name);

test('layers and waves become one chain, each waiting for the one before', () => {
  const { files, bootstrap } = render();
  const chain = files.get('clusters/production/layers.yaml')!;
  expect(bootstrap.order).toEqual([
    'crds',
    'monitoring',
    'mesh',
    'flagger',
    'mesh-config',
    'apps-wave-0',
    'apps-wave-1',
  ]);
  expect(chain.map(({ metadata, spec }) => [metadata.name, spec.dependsOn?.[0].name, spec.timeout, spec.path])).toEqual(
    [
      ['crds', undefined, '10m', './fleet/clusters/production/crds'],
      ['monitoring', 'crds', '15m', './fleet/clusters/production/monitoring'],
      ['mesh', 'monitoring', '40m', './fleet/clusters/production/mesh'],
      ['flagger', 'mesh', '15m', './fleet/clusters/production/flagger'],
      ['mesh-config', 'flagger', '5m', './fleet/clusters/production/mesh-config'],
      ['apps-wave-0', 'mesh-config', '14m', './fleet/clusters/production/apps/wave-0'],
      ['apps-wave-1', 'apps-wave-0', '6m1s', './fleet/clusters/production/apps/wave-1'],
    ],
  );
  // Without its definitions every monitor is gone: those are not pruned.
  for (const { metadata, spec } of chain)
    expect(spec).toMatchObject({ prune: metadata.name !== 'crds', wait: true, retryInterval: '2m' });
});

test('a wave with parts is applied by many, which neither it nor they ever undo', () => {
  const { files } = render({
    waves: [
      { name: 'wave-0', rolloutSeconds: 540, parts: ['part-00', 'part-01'] },
      { name: 'wave-1', rolloutSeconds: 61 },
    ],
  });
  const chain = files.get('clusters/production/layers.yaml')!;
  expect(
    chain
      .filter(({ metadata }) => metadata.name.startsWith('apps-'))
      .map(({ metadata, spec: { dependsOn, path, prune, deletionPolicy } }) => ({
        name: metadata.name,
        after: dependsOn.map(({ name }: { name: string }) => name),
        folder: path.replace('./fleet/clusters/production/apps/', ''),
        prune,
        deletionPolicy,
      })),
  ).toEqual([
    {
      name: 'apps-wave-0-part-00',
      after: ['mesh-config'],
      folder: 'wave-0/part-00',
      prune: true,
      deletionPolicy: 'Orphan',
    },
    {
      name: 'apps-wave-0-part-01',
      after: ['mesh-config'],
      folder: 'wave-0/part-01',
      prune: true,
      deletionPolicy: 'Orphan',
    },
    {
      name: 'apps-wave-0',
      after: ['apps-wave-0-part-00', 'apps-wave-0-part-01'],
      folder: 'wave-0/all',
      prune: false,
      deletionPolicy: undefined,
    },
    {
      name: 'apps-wave-1',
      after: ['apps-wave-0'],
      folder: 'wave-1',
      prune: true,
      deletionPolicy: 'WaitForTermination',
    },
  ]);
  expect(named(files.get('clusters/production/apps/wave-0/all/all.yaml')!, 'ConfigMap', 'apps-wave-0').data).toEqual({
    parts: '2',
  });
});

test.each([
  ['a name', ['api.example.com'], undefined, 'DNS'],
  ['a name and an address', ['db.example.com'], ['192.0.2.10'], 'DNS'],
  ['a wildcard', ['*.example.net', 'b.example.org'], undefined, 'NONE'],
  ['a range of addresses', ['db.example.com'], ['192.0.2.10', '10.0.0.0/8'], 'NONE'],
])('external hosts: %s', (_, hosts, addresses, resolution) => {
  const ports = [{ port: 443, protocol: 'https' as const }];
  const { files } = render({ external: [{ name: 'outside', hosts, ports, addresses }] });
  const entry = named([...files.values()].flat(), 'ServiceEntry', 'outside');
  expect(entry.spec).toMatchObject({ hosts, resolution });
});

test('only waves judge Canaries, by their one condition', () => {
  const chain = render().files.get('clusters/production/layers.yaml')!;
  expect(chain.map(({ spec }) => (spec.healthCheckExprs ?? []).length)).toEqual([0, 0, 0, 0, 0, 1, 1]);
  expect(chain.at(-1).spec.healthCheckExprs[0].failed).toBe(
    "status.conditions.exists(c, c.type == 'Promoted' && c.status == 'False')",
  );
});

test('gotk: a source and a Kustomization, never the components', () => {
  const sync = render({ repository: { ...PROPS.repository, secretName: 'git' } }).files.get(
    'clusters/production/flux-system/gotk-sync.yaml',
  )!;
  expect(sync.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual([
    'GitRepository/flux-system',
    'Kustomization/flux-system',
  ]);
  expect(sync[0].spec).toEqual({
    interval: '1m',
    url: PROPS.repository.url,
    ref: { branch: 'main' },
    secretRef: { name: 'git' },
  });
  expect(sync[1].spec.path).toBe('./fleet/clusters/production');
});

test('FluxInstance: one object, with the sync in it', () => {
  const { files } = render({ flux: { mode: 'FluxInstance' } });
  expect(files.has('clusters/production/flux-system/gotk-sync.yaml')).toBe(false);
  expect(files.get('clusters/production/flux-system/flux-instance.yaml')![0].spec).toMatchObject({
    distribution: { version: '2.9.x' },
    cluster: { size: 'medium' },
    sync: { kind: 'GitRepository', ref: 'refs/heads/main', path: './fleet/clusters/production' },
  });
});

test('charts come from live OCI hosts, in exact versions', () => {
  const repositories = [...render().files.values()].flat().filter(({ kind }) => kind === 'OCIRepository');
  expect(repositories.map(({ spec }) => `${spec.url}:${spec.ref.tag}`)).toEqual([
    'oci://ghcr.io/prometheus-community/charts/prometheus-operator-crds:29.0.0',
    'oci://ghcr.io/prometheus-community/charts/kube-prometheus-stack:86.2.0',
    'oci://ghcr.io/istio/release/charts/base:1.31.1',
    'oci://ghcr.io/istio/release/charts/cni:1.31.1',
    'oci://ghcr.io/istio/release/charts/istiod:1.31.1',
    'oci://ghcr.io/istio/release/charts/gateway:1.31.1',
    'oci://ghcr.io/fluxcd/charts/flagger:1.44.0',
  ]);
});

test('Flagger asks a Prometheus that resolves from its own namespace', () => {
  const values = named(render().files.get('clusters/production/flagger/flagger.yaml')!, 'HelmRelease', 'flagger').spec
    .values;
  expect(values).toMatchObject({
    meshProvider: 'istio',
    metricsServer: 'http://prometheus-prometheus.monitoring:9090',
  });
});

test('what a component writes over its chart is no drift, and says why', () => {
  const releases = [...render().files.values()].flat().filter(({ kind }) => kind === 'HelmRelease');
  expect(
    releases.flatMap(({ metadata, spec }) =>
      (spec.driftDetection.ignore ?? []).map(
        ({ target, paths }: any) =>
          `${metadata.name}: ${target.kind} ${paths} (${metadata.annotations['aviary.dev/ignored-drift']})`,
      ),
    ),
  ).toEqual([
    "kube-prometheus-stack: PrometheusRule /metadata/annotations/prometheus-operator-validated (PrometheusRule: Prometheus Operator's webhook says so where a rule has been checked)",
    'istio-base: ValidatingWebhookConfiguration /webhooks/0/failurePolicy (ValidatingWebhookConfiguration: istiod sets failurePolicy to Fail once it answers; the chart installs Ignore)',
    'istiod: ValidatingWebhookConfiguration /webhooks/0/failurePolicy (ValidatingWebhookConfiguration: istiod sets failurePolicy to Fail once it answers; the chart installs Ignore)',
  ]);
  // No noise where nothing is said.
  for (const { spec } of releases)
    expect([spec.dependsOn, spec.values].filter((field) => field && Object.keys(field).length === 0)).toEqual([]);
});

test("Prometheus, outside the mesh, reaches Flagger's metrics under STRICT mTLS", () => {
  const file = (props = {}) => render(props).files.get('clusters/production/mesh-config/mesh-config.yaml')!;
  expect(named(file(), 'PeerAuthentication', 'flagger-metrics').spec).toEqual({
    selector: { matchLabels: { 'app.kubernetes.io/name': 'flagger' } },
    mtls: { mode: 'STRICT' },
    portLevelMtls: { '8080': { mode: 'PERMISSIVE' } },
  });
  const others = file({ prometheus: { ...PROPS.prometheus, install: false } });
  expect(named(others, 'PeerAuthentication', 'flagger-metrics')).toBeUndefined();
});

test('traces are sampled for a provider, or not at all', () => {
  const { files } = render({ tracingSamplingPercent: 5, tracingCollector: { host: 'otel.tracing.svc.cluster.local' } });
  expect(
    named(files.get('clusters/production/mesh/mesh.yaml')!, 'HelmRelease', 'istiod').spec.values.meshConfig
      .extensionProviders,
  ).toEqual([{ name: 'tracing', opentelemetry: { service: 'otel.tracing.svc.cluster.local', port: 4317 } }]);
  expect(
    named(files.get('clusters/production/mesh-config/mesh-config.yaml')!, 'Telemetry', 'default').spec.tracing,
  ).toEqual([{ providers: [{ name: 'tracing' }], randomSamplingPercentage: 5 }]);
  const without = named(render().files.get('clusters/production/mesh/mesh.yaml')!, 'HelmRelease', 'istiod');
  expect(without.spec.values.meshConfig.extensionProviders).toBeUndefined();
});

test('everything that is applied can report its failure', () => {
  const sourcesOf = (props: Partial<FluxBootstrapProps>) =>
    named(
      render({ alerts: { type: 'slack', secretName: 'slack' }, ...props }).files.get(
        'clusters/production/notifications.yaml',
      )!,
      'Alert',
      'on-call',
    ).spec.eventSources.map(({ kind, namespace = 'flux-system' }: any) => `${kind} ${namespace}`);
  expect(sourcesOf({})).toEqual([
    'Kustomization flux-system',
    'GitRepository flux-system',
    ...['monitoring', 'istio-system', 'istio-ingress', 'flagger-system', 'shop'].flatMap((one) => [
      `HelmRelease ${one}`,
      `OCIRepository ${one}`,
    ]),
  ]);
  expect(sourcesOf({ mesh: 'kubernetes', hosts: [] })).not.toContain('HelmRelease istio-system');
});

test('the load tester is in the mesh, so STRICT mTLS does not shut it out', () => {
  const { files } = render();
  expect(
    named(files.get('clusters/production/flagger/flagger.yaml')!, 'Namespace', 'flagger-system').metadata.labels[
      'istio-injection'
    ],
  ).toBe('enabled');
  expect(
    named(files.get('clusters/production/mesh-config/mesh-config.yaml')!, 'PeerAuthentication', 'default').spec.mtls
      .mode,
  ).toBe('STRICT');
});

test.each<[string, Partial<FluxBootstrapProps>, string[]]>([
  [
    "somebody else's Prometheus",
    { prometheus: { ...PROPS.prometheus, install: false } },
    ['mesh', 'flagger', 'mesh-config'],
  ],
  ['no mesh', { mesh: 'kubernetes', hosts: [] }, ['crds', 'monitoring', 'flagger', 'mesh-config']],
  ['Gateway API', { mesh: 'istio-gateway-api' }, ['crds', 'monitoring', 'mesh', 'flagger', 'mesh-config']],
  ['ambient', { mesh: 'istio-ambient' }, ['crds', 'monitoring', 'mesh', 'flagger', 'mesh-config']],
])('layers of %s', (_, props, expected) => {
  expect(render({ ...props, waves: [] }).bootstrap.order).toEqual(expected);
});

test('every folder has an explicit list of its files', () => {
  const { files } = render({ alerts: { type: 'slack', secretName: 'slack' } });
  for (const [path, [document]] of files) {
    if (!path.endsWith('/kustomization.yaml')) continue;
    const folder = path.slice(0, path.lastIndexOf('/'));
    for (const resource of document.resources) {
      expect([...files.keys()]).toContain(
        resource.endsWith('.yaml') ? `${folder}/${resource}` : `${folder}/${resource}/kustomization.yaml`,
      );
    }
  }
});

test.each<[Partial<FluxBootstrapProps>, string]>([
  [{ waves: [PROPS.waves[0]!, PROPS.waves[0]!] }, 'FluxBootstrap "production": two waves are named "wave-0"'],
  [{ repository: { url: 'https://example.com/r.git', path: '../other' } }, 'must stay below the output folder'],
])('misuse %#', (props, message) => {
  expect(() => render(props)).toThrow(message);
});
