import { apiGroup, fieldsAt, type KubeObject, listAt, numberAt } from '../kube';
import type { Draft } from './draft/pick';

/** What the platform of the catalog must know of the clusters. */
export interface AdoptedPlatform {
  readonly mesh: 'istio-sidecar' | 'kubernetes';
  /** Istio itself is among the objects: the platform must not install it. */
  readonly bringsIstio: boolean;
  /** Prometheus is among the objects, in the namespace that the platform would take for its own. */
  readonly prometheus?: Draft;
}

/** Istio where its objects or labels say so and somebody else runs it; without a sign nothing is put between the services. */
export function platformFacts(objects: readonly KubeObject[]): AdoptedPlatform {
  const bringsIstio = objects.some(({ kind, metadata }) => kind === 'Deployment' && metadata.name.startsWith('istiod'));
  const isIstio = objects.some(
    ({ apiVersion, metadata }) =>
      apiGroup(apiVersion).endsWith('istio.io') ||
      metadata.labels?.['istio-injection'] === 'enabled' ||
      metadata.labels?.['istio.io/rev'] !== undefined,
  );
  const runsInMonitoring = objects.some(
    ({ kind, metadata }) => metadata.namespace === 'monitoring' && RUN_PODS.has(kind),
  );
  return {
    mesh: isIstio && !bringsIstio ? 'istio-sidecar' : 'kubernetes',
    bringsIstio,
    ...(runsInMonitoring && { prometheus: { install: false, ...addressOf(objects) } }),
  };
}

const RUN_PODS = new Set(['CronJob', 'DaemonSet', 'Deployment', 'Job', 'Prometheus', 'StatefulSet']);

/** Parts of names of what is around Prometheus and is not it. */
const AROUND = /operator|adapter|exporter|alertmanager|pushgateway|metrics/;

/** The address of a Service that leads to Prometheus. */
function addressOf(objects: readonly KubeObject[]): Draft {
  for (const { kind, metadata, spec } of objects) {
    if (kind !== 'Service' || !metadata.name.includes('prometheus') || AROUND.test(metadata.name)) continue;
    const ports = listAt(fieldsAt(spec), 'ports').flatMap((port) => numberAt(port, 'port') ?? []);
    const port = ports.includes(9090) ? 9090 : ports[0];
    if (port !== undefined) return { address: `http://${metadata.name}.${metadata.namespace ?? 'default'}:${port}` };
  }
  return {};
}

/** Levels of Pod Security that a Namespace says itself. */
export const ENFORCE = 'pod-security.kubernetes.io/enforce';

/** What the platform would write into the Namespace anyway. */
const WRITTEN: Readonly<Record<string, string>> = { 'app.kubernetes.io/managed-by': 'aviary' };

/** Labels and annotations of a Namespace, without those that the platform writes itself. */
export function namespaceMetadata(namespace: KubeObject, level: string): Draft | undefined {
  const { labels, annotations } = namespace.metadata;
  const kept = Object.entries({ ...labels }).filter(
    ([key, value]) => WRITTEN[key] !== value && !(key === ENFORCE && value === level),
  );
  const said: Draft = {
    ...(kept.length > 0 && { labels: Object.fromEntries(kept.map(([key, value]) => [key, String(value)])) }),
    ...(annotations && Object.keys(annotations).length > 0 && { annotations }),
  };
  return Object.keys(said).length === 0 ? undefined : said;
}
