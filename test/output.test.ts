import { catalogSchema } from '../lib/catalog/schema';
import type { KubeObject } from '../lib/kube';
import { onlineBoutique } from './catalog';
import { renderCatalog } from './render';

const files = renderCatalog(onlineBoutique());
const objects = files.flatMap(({ cluster, path, objects: list }) => list.map((object) => ({ cluster, path, object })));
const kinds = (kind: string) => objects.filter(({ object }) => object.kind === kind);
const nameOf = ({ object }: { object: KubeObject }) => object.metadata.name;

/** The one version of each API group that the platform serves. */
const API_VERSIONS = [
  'apps/v1',
  'autoscaling/v2',
  'flagger.app/v1beta1',
  'fluxcd.controlplane.io/v1',
  'helm.toolkit.fluxcd.io/v2',
  'kustomize.config.k8s.io/v1beta1',
  'kustomize.toolkit.fluxcd.io/v1',
  'monitoring.coreos.com/v1',
  'networking.istio.io/v1',
  'notification.toolkit.fluxcd.io/v1beta3',
  'policy/v1',
  'security.istio.io/v1',
  'source.toolkit.fluxcd.io/v1',
  'telemetry.istio.io/v1',
  'v1',
];

test('the catalog fits its schema', () => {
  expect(catalogSchema.safeParse(onlineBoutique()).error).toBeUndefined();
});

test('every object has a current API version', () => {
  expect([...new Set(objects.map(({ object }) => object.apiVersion))].sort()).toEqual(API_VERSIONS);
});

test('no object twice in a cluster, no file twice', () => {
  const ids = objects
    .filter(({ object }) => object.metadata !== undefined)
    .map(
      ({ cluster, object }) =>
        `${cluster} ${object.apiVersion} ${object.kind} ${object.metadata.namespace} ${object.metadata.name}`,
    );
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  expect(new Set(files.map(({ path }) => path)).size).toBe(files.length);
});

test('nothing is left for Flux to substitute', () => {
  expect(objects.filter(({ object }) => JSON.stringify(object).includes('${')).map(nameOf)).toEqual([]);
});

test('every canaried service has traffic: callers in the catalog, a gateway, or a load test', () => {
  const catalog = onlineBoutique();
  const called = new Set(
    catalog.services.flatMap(({ env, initContainers }) =>
      [env, ...(initContainers ?? []).map((init) => init.env)].flatMap((values) =>
        Object.values(values ?? {}).flatMap((value) =>
          typeof value === 'object' && 'service' in value ? [value.service] : [],
        ),
      ),
    ),
  );
  const canaries = kinds('Canary').filter(({ cluster }) => cluster === 'production');
  expect(canaries.length).toBe(10);
  for (const canary of canaries) {
    const { service, analysis } = canary.object.spec as {
      service: { hosts?: string[] };
      analysis: { webhooks?: unknown[] };
    };
    const name = nameOf(canary);
    expect([name, called.has(name) || service.hosts !== undefined || (analysis.webhooks ?? []).length > 0]).toEqual([
      name,
      true,
    ]);
  }
});

test('every reference resolves: accounts, ConfigMaps, scalers, templates, providers', () => {
  const exists = new Set(
    objects.map(
      ({ cluster, object }) => `${cluster} ${object.kind} ${object.metadata?.namespace} ${object.metadata?.name}`,
    ),
  );
  const missing: string[] = [];
  const need = (cluster: string, kind: string, namespace: string | undefined, name: string) => {
    const id = `${cluster} ${kind} ${namespace} ${name}`;
    if (!exists.has(id)) missing.push(id);
  };
  for (const { cluster, object } of kinds('Deployment')) {
    const pod = (object.spec as any).template.spec;
    need(cluster, 'ServiceAccount', object.metadata.namespace, pod.serviceAccountName);
    for (const volume of pod.volumes ?? [])
      if (volume.configMap) need(cluster, 'ConfigMap', object.metadata.namespace, volume.configMap.name);
  }
  for (const { cluster, object } of kinds('Canary')) {
    const spec = object.spec as any;
    need(cluster, 'Deployment', object.metadata.namespace, spec.targetRef.name);
    if (spec.autoscalerRef)
      need(cluster, 'HorizontalPodAutoscaler', object.metadata.namespace, spec.autoscalerRef.name);
    for (const metric of spec.analysis.metrics)
      if (metric.templateRef) need(cluster, 'MetricTemplate', metric.templateRef.namespace, metric.templateRef.name);
    for (const alert of spec.analysis.alerts)
      need(cluster, 'AlertProvider', alert.providerRef.namespace, alert.providerRef.name);
    for (const gateway of spec.service.gateways ?? [])
      if (gateway !== 'mesh') need(cluster, 'Gateway', ...(gateway.split('/') as [string, string]));
  }
  expect(missing).toEqual([]);
});

test('Kustomizations form one chain, each on a folder of its own that exists', () => {
  for (const cluster of ['staging', 'production']) {
    const chain = kinds('Kustomization').filter(
      (entry) => entry.cluster === cluster && entry.path.endsWith('layers.yaml'),
    );
    const names = chain.map(nameOf);
    expect(
      chain.map(({ object }) => (object.spec as any).dependsOn?.map(({ name }: { name: string }) => name)),
    ).toEqual(names.map((_, index) => (index === 0 ? undefined : [names[index - 1]])));
    const folders = chain.map(({ object }) => String((object.spec as any).path).replace(/^\.\//, ''));
    for (const folder of folders) {
      expect(files.some(({ path }) => path === `${folder}/kustomization.yaml`)).toBe(true);
      expect(folders.filter((other) => other !== folder && other.startsWith(`${folder}/`))).toEqual([]);
    }
  }
});

test('a wave with canaries waits longer than its longest rollout', () => {
  const wave = kinds('Kustomization').find(
    ({ cluster, object }) => cluster === 'production' && object.metadata?.name === 'apps-wave-3',
  )!;
  // 5 steps of 10 %, promotion, shift: 8 ticks of a minute and one to notice; 5 min deadline; 5 min margin.
  expect((wave.object.spec as any).timeout).toBe('19m');
  expect((wave.object.spec as any).healthCheckExprs[0].kind).toBe('Canary');
});
