import type { KubeClient, LiveObject } from '../lib/kube-client';
import type { Behaviour } from './counters';
import { type MeshState, readyPods } from './state';

export type EntranceId = 'nginx' | 'contour' | 'traefik' | 'linkerd' | 'linkerd-gateway-api' | 'kuma' | 'gateway-api';

/** A canaried service with its traffic, behind one of Flagger's other providers. */
export interface Entered {
  readonly by: EntranceId;
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  readonly requestsPerSecond: number;
}

type Labels = Readonly<Record<string, string>>;

interface Entrance {
  readonly apiVersion: string;
  readonly kind: string;
  /** Which object shares the traffic of a service out. */
  readonly routeOf: (name: string) => string;
  /** What reaches the canary by that object, 0 to 1. */
  readonly share: (route: LiveObject, name: string) => number;
  readonly counter: string;
  readonly duration: string;
  /** What the duration is counted in, in a second. */
  readonly unit: 1 | 1000;
  /** Of requests to the canary. */
  readonly labels: (entered: Entered) => Labels;
  readonly answer: (isFailed: boolean) => Labels;
  /** Whether durations come as a sum and a count; else as buckets. */
  readonly isSummed?: boolean;
  /** Whether durations are told by answer, too. */
  readonly isByAnswer?: boolean;
}

const fields = (value: unknown): Record<string, unknown> => (value ?? {}) as Record<string, unknown>;

/** The share of `<name>-canary` in a list of weighted backends; a quantity may come as a text. */
function shareOf(backends: unknown, name: string, key = 'name'): number {
  const weights = ((backends ?? []) as Record<string, unknown>[]).map((one) => ({
    isCanary: one[key] === `${name}-canary`,
    weight: Number(one.weight ?? 0),
  }));
  const all = weights.reduce((sum, { weight }) => sum + weight, 0);
  return all === 0 ? 0 : weights.reduce((sum, { isCanary, weight }) => sum + (isCanary ? weight : 0), 0) / all;
}

/**
 * What each of them does with the object that Flagger writes, and which series it then has. Written from their own documents, not
 * from Flagger's queries.
 * @see kubernetes/ingress-nginx docs/user-guide/monitoring.md, projectcontour/contour site/content/docs/1.33/config/request-routing.md,
 * envoyproxy/envoy cluster_manager/cluster_stats.rst, traefik/traefik v3.5 docs/content/observability/metrics/overview.md,
 * linkerd/website linkerd.io/content/2-edge/reference/proxy-metrics.md, kumahq/kuma-website app/_src/policies/traffic-metrics.md
 */
const linkerdCounts = {
  counter: 'response_total',
  duration: 'response_latency_ms',
  unit: 1000,
  labels: ({ namespace, name }: Entered) => ({ namespace, deployment: name, direction: 'inbound' }),
  answer: (isFailed: boolean) => ({ classification: isFailed ? 'failure' : 'success' }),
} as const;

/** What an HTTPRoute sends to the canary, if it is attached to such a parent. */
const byRoute =
  (isParent: (parent: Record<string, unknown>, name: string) => boolean) =>
  ({ spec }: LiveObject, name: string): number =>
    ((spec.parentRefs ?? []) as Record<string, unknown>[]).some((parent) => isParent(parent, name))
      ? shareOf((spec.rules as { backendRefs?: unknown }[] | undefined)?.[0]?.backendRefs, name)
      : 0;

const entrances: Readonly<Record<EntranceId, Entrance>> = {
  nginx: {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    routeOf: (name) => `${name}-canary`,
    share: ({ metadata }) => {
      const { annotations = {} } = metadata;
      const isOn = annotations['nginx.ingress.kubernetes.io/canary'] === 'true';
      return isOn ? Number(annotations['nginx.ingress.kubernetes.io/canary-weight'] ?? 0) / 100 : 0;
    },
    counter: 'nginx_ingress_controller_requests',
    duration: 'nginx_ingress_controller_response_duration_seconds',
    unit: 1,
    labels: ({ namespace, name, port }) => ({
      namespace,
      ingress: name,
      canary: `${namespace}-${name}-canary-${port}`,
    }),
    answer: (isFailed) => ({ status: isFailed ? '500' : '200' }),
    isSummed: true,
    isByAnswer: true,
  },
  contour: {
    apiVersion: 'projectcontour.io/v1',
    kind: 'HTTPProxy',
    routeOf: (name) => name,
    share: ({ spec }, name) => shareOf((spec.routes as { services?: unknown }[] | undefined)?.[0]?.services, name),
    counter: 'envoy_cluster_upstream_rq',
    duration: 'envoy_cluster_upstream_rq_time',
    unit: 1000,
    labels: ({ namespace, name, port }) => ({ envoy_cluster_name: `${namespace}_${name}-canary_${port}` }),
    answer: (isFailed) => ({ envoy_response_code: isFailed ? '500' : '200' }),
  },
  traefik: {
    apiVersion: 'traefik.io/v1alpha1',
    kind: 'TraefikService',
    routeOf: (name) => name,
    share: ({ spec }, name) => shareOf(fields(spec.weighted).services, name),
    counter: 'traefik_service_requests_total',
    duration: 'traefik_service_request_duration_seconds',
    unit: 1,
    labels: ({ namespace, name, port }) => ({
      service: `${namespace}-${name}-canary-${port}@kubernetescrd`,
      method: 'GET',
      protocol: 'http',
    }),
    answer: (isFailed) => ({ code: isFailed ? '500' : '200' }),
    isByAnswer: true,
  },
  linkerd: {
    apiVersion: 'split.smi-spec.io/v1alpha1',
    kind: 'TrafficSplit',
    routeOf: (name) => name,
    share: ({ spec }, name) => shareOf(spec.backends, name, 'service'),
    ...linkerdCounts,
  },
  'linkerd-gateway-api': {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    routeOf: (name) => name,
    // Only a route whose parent is the Service is read by the callers' proxies.
    share: byRoute(({ kind, name: parent }, name) => kind === 'Service' && parent === name),
    ...linkerdCounts,
  },
  'gateway-api': {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    routeOf: (name) => name,
    share: byRoute(({ kind, namespace, name }) => kind === 'Gateway' && namespace === 'ingress' && name === 'public'),
    // The application's own.
    counter: 'http_requests_total',
    duration: 'http_request_seconds',
    unit: 1,
    labels: ({ namespace, name }) => ({ namespace, app: name }),
    answer: (isFailed) => ({ code: isFailed ? '500' : '200' }),
  },
  kuma: {
    apiVersion: 'kuma.io/v1alpha1',
    kind: 'TrafficRoute',
    routeOf: (name) => name,
    share: ({ spec }, name) => {
      const split = (fields(spec.conf).split ?? []) as { weight?: unknown; destination?: Record<string, string> }[];
      const backends = split.map(({ weight, destination }) => ({
        weight,
        name: destination?.['kuma.io/service']?.split('_')[0],
      }));
      return shareOf(backends, name);
    },
    counter: 'envoy_cluster_upstream_rq',
    duration: 'envoy_cluster_upstream_rq_time',
    unit: 1000,
    labels: ({ namespace, name, port }) => ({ service: `${name}-canary_${namespace}_svc_${port}`, mesh: 'default' }),
    answer: (isFailed) => ({ envoy_response_code: isFailed ? '500' : '200' }),
  },
};

/** Upper bounds in seconds. */
const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Counted {
  succeeded: number;
  failed: number;
  /** Seconds of a request, of the last image. */
  latency: number;
}

/** Counts what reaches the canaries by the objects that Flagger writes, as these do. */
export class Entrances {
  /** Services whose traffic flows all the time. */
  readonly entered: Entered[] = [];
  /** Shares that a canary had one after the other, in percent, by `namespace/name`. */
  readonly shares = new Map<string, number[]>();
  private readonly counts = new Map<Entered, Counted>();

  constructor(private readonly behaviourOf: (image: string) => Behaviour) {}

  /** Lets the traffic flow for some seconds. */
  async advance(client: KubeClient, state: MeshState, seconds: number): Promise<void> {
    for (const one of this.entered) {
      const { apiVersion, kind, routeOf, share } = entrances[one.by];
      const route = await client.get(apiVersion, kind, one.namespace, routeOf(one.name));
      const reaches = route ? share(route, one.name) : 0;
      const seen = this.shares.get(`${one.namespace}/${one.name}`) ?? [];
      if (Math.round(reaches * 100) !== seen.at(-1)) seen.push(Math.round(reaches * 100));
      this.shares.set(`${one.namespace}/${one.name}`, seen);
      const service = state.services.find(
        ({ metadata }) => metadata.namespace === one.namespace && metadata.name === `${one.name}-canary`,
      );
      const [pod] = service ? readyPods(state, service) : [];
      if (!pod || reaches === 0) continue;
      const image = (pod.spec.containers as { image: string }[])[0]?.image ?? '';
      const { errorRate, latencyMilliseconds } = this.behaviourOf(image);
      const counted = this.counts.get(one) ?? { succeeded: 0, failed: 0, latency: 0 };
      const requests = one.requestsPerSecond * seconds * reaches;
      counted.succeeded += requests * (1 - errorRate);
      counted.failed += requests * errorRate;
      counted.latency = latencyMilliseconds / 1000;
      this.counts.set(one, counted);
    }
  }

  /** The counters in Prometheus' text format. */
  expose(): string {
    const lines: string[] = [];
    for (const [one, { succeeded, failed, latency }] of this.counts) {
      const { counter, duration, unit, labels, answer, isSummed, isByAnswer } = entrances[one.by];
      const own = labels(one);
      const answers = [
        { labels: { ...own, ...answer(false) }, count: Math.floor(succeeded) },
        { labels: { ...own, ...answer(true) }, count: Math.floor(failed) },
      ].filter(({ count }) => count > 0);
      for (const { labels: all, count } of answers) lines.push(`${counter}{${text(all)}} ${count}`);
      const timed = isByAnswer ? answers : [{ labels: own, count: answers.reduce((sum, { count }) => sum + count, 0) }];
      for (const { labels: all, count } of timed) {
        if (!isSummed) {
          for (const bound of bounds)
            lines.push(
              `${duration}_bucket{${text({ ...all, le: String(bound * unit) })}} ${latency <= bound ? count : 0}`,
            );
          lines.push(`${duration}_bucket{${text({ ...all, le: '+Inf' })}} ${count}`);
        }
        lines.push(
          `${duration}_sum{${text(all)}} ${count * latency * unit}`,
          `${duration}_count{${text(all)}} ${count}`,
        );
      }
    }
    return lines.length > 0 ? `${lines.join('\n')}\n` : '';
  }
}

const text = (labels: Labels): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',');
