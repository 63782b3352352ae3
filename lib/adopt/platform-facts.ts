import { apiGroup, fieldsAt, type KubeObject, listAt, numberAt, textAt } from '../kube';
import type { Draft } from './draft/pick';

/** What the platform of the catalog must know of the clusters. */
export interface AdoptedPlatform {
  readonly mesh: 'istio-sidecar' | 'istio-managed' | 'kubernetes';
  /** Istio itself is among the objects: the platform must not install it. */
  readonly bringsIstio: boolean;
  /** The repository that Flux watches, as far as its own objects tell. */
  readonly gitops?: Draft;
  /** Prometheus is among the objects, in the namespace that the platform would take for its own. */
  readonly prometheus?: Draft;
}

/** Istio where its objects or labels say so and somebody else runs it; without a sign nothing is put between the services. */
export function platformFacts(objects: readonly KubeObject[]): AdoptedPlatform {
  const bringsIstio = objects.some(
    ({ kind, metadata }) => kind === 'IstioOperator' || (kind === 'Deployment' && metadata.name.startsWith('istiod')),
  );
  const isIstio = objects.some(
    (object) =>
      apiGroup(object.apiVersion).endsWith('istio.io') ||
      object.metadata.labels?.['istio-injection'] === 'enabled' ||
      object.metadata.labels?.['istio.io/rev'] !== undefined ||
      chartOf(object) === 'istiod' ||
      isRoutedByDefault(object),
  );
  const runsInMonitoring = objects.some(
    ({ kind, metadata }) => metadata.namespace === 'monitoring' && RUN_PODS.has(kind),
  );
  const gitops = gitopsOf(objects);
  return {
    ...(gitops && { gitops }),
    mesh: !isIstio
      ? 'kubernetes'
      : !bringsIstio
        ? 'istio-sidecar'
        : objects.some(isRoutedByDefault)
          ? 'istio-managed'
          : 'kubernetes',
    bringsIstio,
    ...(runsInMonitoring && { prometheus: { install: false, ...addressOf(objects) } }),
  };
}

/** Shares out traffic by whom Flagger takes where nobody says otherwise. @see fluxcd/flagger v1.44 cmd/flagger/main.go mesh-provider */
function isRoutedByDefault({ kind, apiVersion, spec }: KubeObject): boolean {
  if (kind !== 'Canary' || apiGroup(apiVersion) !== 'flagger.app' || fieldsAt(spec).provider !== undefined)
    return false;
  const [analysis, service] = [fieldsAt(spec, 'analysis'), fieldsAt(spec, 'service')];
  return ['stepWeight', 'stepWeights', 'match', 'mirror'].some((field) => field in analysis) || 'gateways' in service;
}

/** Name of the chart that a HelmRelease installs; undefined for other objects. */
export function chartOf({ kind, apiVersion, metadata, spec }: KubeObject): string | undefined {
  if (kind !== 'HelmRelease' || apiGroup(apiVersion) !== 'helm.toolkit.fluxcd.io') return undefined;
  // By reference the chart has no name here; sources are named after it as a rule.
  const chart = textAt(spec, 'chart', 'spec', 'chart') ?? textAt(spec, 'chartRef', 'name') ?? metadata.name;
  return chart.split('/').at(-1);
}

/** What the platform installs by charts of its own, by the name of the chart. */
const INSTALLED: Readonly<Record<string, 'Istio' | 'Flagger'>> = {
  base: 'Istio',
  cni: 'Istio',
  istiod: 'Istio',
  flagger: 'Flagger',
};

/** Flagger itself, from manifests of its own. */
function isFlagger({ kind, spec }: KubeObject): boolean {
  const images = listAt(fieldsAt(spec, 'template', 'spec'), 'containers').map((one) => textAt(one, 'image') ?? '');
  return kind === 'Deployment' && images.some((image) => /(^|\/)(fluxcd|weaveworks)\/flagger[:@]/.test(image));
}

/** What an object installs that the platform installs too: two of them would undo each other's work. */
export function installedByPlatform(object: KubeObject, mesh: AdoptedPlatform['mesh']): string | undefined {
  if (isFlagger(object)) return 'Flagger';
  const chart = chartOf(object);
  const what = chart !== undefined && Object.hasOwn(INSTALLED, chart) ? INSTALLED[chart] : undefined;
  return what === 'Istio' && mesh !== 'istio-sidecar' ? undefined : what;
}

/** Address, branch and secrets of the source that `flux bootstrap` makes. @see fluxcd/flux2 v2.9 pkg/manifestgen/sync */
function gitopsOf(objects: readonly KubeObject[]): Draft | undefined {
  const ofFlux = (kind: string) =>
    objects.find(
      (object) =>
        object.kind === kind &&
        apiGroup(object.apiVersion).endsWith('toolkit.fluxcd.io') &&
        object.metadata.name === 'flux-system' &&
        object.metadata.namespace === 'flux-system',
    )?.spec;
  const source = ofFlux('GitRepository');
  const url = textAt(source, 'url');
  if (url === undefined || !/^(https?|ssh):\/\/[^\s$]+$/.test(url)) return undefined;
  const branch = textAt(source, 'ref', 'branch');
  const secretName = textAt(source, 'secretRef', 'name');
  const key = textAt(ofFlux('Kustomization'), 'decryption', 'secretRef', 'name');
  return {
    url,
    ...(branch === undefined || branch === 'main' ? {} : { branch }),
    ...(secretName !== undefined && { secretName }),
    ...(key !== undefined && { decryption: { secretName: key } }),
  };
}

const RUN_PODS = new Set(['CronJob', 'DaemonSet', 'Deployment', 'HelmRelease', 'Job', 'Prometheus', 'StatefulSet']);

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
