import { type Fields, parseServiceHost, textAt, textMapAt, urlHost } from '../kube';
import type { CanaryLoadTest, CanaryView, Entry, Injection, WebhookView, Workload, World } from '../world';
import { podPort } from './mutual-tls';

/** Pods that take part in a rollout, of a workload or of a chart: what policies ask about them. */
export interface Pods {
  /** For sentences: `Flagger`, `the load tester flagger-system/flagger-loadtester`. */
  readonly what: string;
  readonly namespace: string;
  /** Undefined where a chart or somebody else makes them, and nobody knows. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly serviceAccountName?: string;
  readonly injection: Injection;
  readonly workload?: Workload;
  /** Whether the namespace and the sidecar are read from manifests and not assumed. */
  readonly isKnown: boolean;
}

/** The pods of a workload. */
export function podsOf(workload: Workload, what = `${workload.kind} "${workload.name}"`): Pods {
  const { namespace, podLabels, serviceAccountName, injection } = workload;
  return { what, namespace, labels: podLabels, serviceAccountName, injection, workload, isKnown: true };
}

/** The pods of Flagger. @see fluxcd/flagger v1.44 charts/flagger/templates/deployment.yaml */
export function flaggerPods(world: World): Pods {
  const { entry, namespace, values } = world.flagger;
  const workload = entry?.kind === 'Deployment' ? world.workload('Deployment', entry.namespace, entry.name) : undefined;
  if (workload) return podsOf(workload, 'Flagger');
  const name = textAt(values, 'nameOverride') || 'flagger';
  return {
    ...chartPods(world, 'Flagger', namespace.value, values, entry),
    ...(entry
      ? { labels: { 'app.kubernetes.io/name': name, ...instance(entry), ...textMapAt(values, 'podLabels') } }
      : {}),
    isKnown: namespace.certainty !== 'assumed',
  };
}

/**
 * The pods behind the address of a webhook.
 * @see fluxcd/flagger v1.44 charts/loadtester/templates/deployment.yaml
 */
export function webhookPods(world: World, { service }: WebhookView): Pods | undefined {
  if (!service) return undefined;
  const what = `${service.namespace}/${service.name}`;
  const workload = world.service(service.namespace, service.name)?.workloads[0];
  if (workload) return podsOf(workload, what);
  const release = world
    .helmReleases()
    .find((one) => one.chart === 'loadtester' && one.targetNamespace === service.namespace);
  if (!release) return { ...chartPods(world, what, service.namespace, {}, undefined), isKnown: false };
  const name = textAt(release.values, 'nameOverride') || 'loadtester';
  return {
    ...chartPods(world, what, service.namespace, release.values, release.entry),
    labels: { app: name, 'app.kubernetes.io/name': name, ...textMapAt(release.values, 'podLabels') },
    isKnown: true,
  };
}

/** The pods of istiod, which gives proxies their configuration and certificates. @see istio/istio 1.31 manifests/charts/istio-control */
export function istiodPods(world: World): Pods {
  const workload = world.workloads().find(({ podLabels }) => podLabels.app === 'istiod');
  if (workload) return podsOf(workload, 'istiod');
  const release = world.helmReleases().find(({ chart }) => chart === 'istiod');
  const namespace = release?.targetNamespace ?? world.istioRootNamespace;
  return {
    what: 'istiod',
    namespace,
    labels: { app: 'istiod' },
    injection: world.namespaceInjection(namespace),
    isKnown: release !== undefined,
  };
}

const prometheusCharts = new Set(['kube-prometheus-stack', 'prometheus']);

/** The pods of the Prometheus that Flagger asks; undefined where it is outside, or nothing is known of it. */
export function prometheusPods(world: World): Pods | undefined {
  const { metricsServer, namespace, entry } = world.flagger;
  const host = urlHost(metricsServer.value);
  const service = host === undefined ? undefined : parseServiceHost(host, namespace.value);
  if (!service) return undefined;
  const what = `Prometheus ${service.namespace}/${service.name}`;
  const workload = world.service(service.namespace, service.name)?.workloads[0];
  if (workload) return podsOf(workload, what);
  const release = world
    .helmReleases()
    .find((one) => prometheusCharts.has(one.chart) && one.targetNamespace === service.namespace);
  const isFlaggersOwn = entry !== undefined && service.namespace === namespace.value;
  if (!release && !isFlaggersOwn) return undefined;
  return { ...chartPods(world, what, service.namespace, {}, release?.entry), isKnown: release !== undefined };
}

/** Who reads counters, and whether that is only taken from the address that Flagger asks: others may read, and this one only answer. */
export interface Reader {
  readonly pods: Pods;
  readonly isGuess: boolean;
}

/** The Prometheus that reads what proxies count: that which Flagger asks, where nobody says otherwise. */
export function readerOf(world: World): Reader | undefined {
  const pods = prometheusPods(world);
  if (pods) return { pods, isGuess: false };
  const { metricsServer, namespace } = world.flagger;
  const host = metricsServer.certainty === 'assumed' ? undefined : urlHost(metricsServer.value);
  const service = host === undefined ? undefined : parseServiceHost(host, namespace.value);
  if (!service) return undefined;
  const what = `Prometheus ${service.namespace}/${service.name}`;
  return { pods: { ...chartPods(world, what, service.namespace, {}, undefined), isKnown: false }, isGuess: true };
}

/** The port of the Prometheus pods; undefined where the Service that leads to it is not known. */
export function prometheusPort(world: World): number | undefined {
  const { metricsServer, namespace } = world.flagger;
  const [, host = '', written = '80'] =
    /^https?:\/\/(?:[^@/]*@)?([^:/?#]+)(?::(\d+))?/i.exec(metricsServer.value) ?? [];
  const service = world.serviceAt(host, namespace.value);
  if (service) return podPort(service.workloads[0], service.port(Number(written))?.targetPort);
  // The usual charts send a port of this number to the same one.
  return written === '9090' ? 9090 : undefined;
}

/** What a chart makes: its values may say something about the sidecar, else its namespace does. */
function chartPods(world: World, what: string, namespace: string, values: Fields, entry: Entry | undefined) {
  const own =
    textMapAt(values, 'podLabels')['sidecar.istio.io/inject'] ??
    textMapAt(values, 'podAnnotations')['sidecar.istio.io/inject'];
  const injection = world.namespaceInjection(namespace);
  if (own === undefined || (injection.isDisabled && own !== 'false')) return { what, namespace, injection };
  const said: Injection = {
    sidecar: own === 'false' ? 'no' : 'yes',
    reason: `the values of HelmRelease "${entry?.name}" have sidecar.istio.io/inject=${own}`,
    ...(entry ? { entry } : {}),
    ambient: false,
  };
  return { what, namespace, injection: said };
}

function instance(entry: Entry): Readonly<Record<string, string>> {
  const target = textAt(entry.object, 'spec', 'targetNamespace');
  const usual = target ? `${target}-${entry.name}` : entry.name;
  return { 'app.kubernetes.io/instance': textAt(entry.object, 'spec', 'releaseName') || usual };
}

/** The pods of a gateway that a route is bound to, `namespace/name`; undefined where nobody knows them. */
export function gatewayPods(world: World, gateway: string): Pods | undefined {
  const [namespace = '', name = ''] = gateway.split('/');
  const what = `the gateway ${gateway}`;
  const ofIstio = world.find('Gateway', namespace, name, 'networking.istio.io');
  if (ofIstio) {
    const labels = textMapAt(ofIstio.object, 'spec', 'selector');
    if (Object.keys(labels).length === 0) return undefined;
    const own = world
      .workloads()
      .find((one) => Object.entries(labels).every(([key, value]) => one.podLabels[key] === value));
    if (own) return podsOf(own, what);
    // @see istio/istio 1.31 manifests/charts/gateway/templates/_helpers.tpl (labels and account follow the release's name)
    const release = world
      .helmReleases()
      .find((one) => one.chart === 'gateway' && one.releaseName.endsWith(labels.istio ?? ' '));
    if (!release) return undefined;
    return {
      ...chartPods(world, what, release.targetNamespace, release.values, release.entry),
      labels: { app: release.releaseName, ...labels },
      serviceAccountName: textAt(release.values, 'serviceAccount', 'name') || release.releaseName,
      isKnown: true,
    };
  }
  const ofApi = world.find('Gateway', namespace, name, 'gateway.networking.k8s.io');
  if (!ofApi || textAt(ofApi.object, 'spec', 'gatewayClassName') !== 'istio') return undefined;
  return {
    what,
    namespace,
    // It takes part in the mesh by itself, whatever its namespace says, and tunnels to pods in ambient mode.
    injection: { sidecar: 'yes', reason: `istiod makes ${what} as a proxy`, ambient: true },
    labels: { 'gateway.networking.k8s.io/gateway-name': name },
    serviceAccountName: `${name}-istio`,
    isKnown: true,
  };
}

/** The workloads whose pods get the requests of a load test; none where it goes to a gateway or elsewhere. */
export function receiversOf({ target, primary }: CanaryView, { hits }: CanaryLoadTest): Workload[] {
  const found =
    hits === 'canary' ? [target] : hits === 'primary' ? [primary] : hits === 'apex' ? [primary, target] : [];
  return found.filter((workload) => workload !== undefined);
}

/** What to do so that the pods get a sidecar. */
export function injectionFix({ namespace, injection, what }: Pods): string {
  if (!injection.entry || injection.entry.kind === 'Namespace')
    return `add the label istio-injection: enabled to Namespace "${namespace}" and restart the pods of ${what}`;
  return `let the pods of ${what} have a sidecar: remove sidecar.istio.io/inject: "false" or hostNetwork from ${injection.entry.kind} "${injection.entry.name}"`;
}
