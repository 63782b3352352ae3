import type { LiveObject } from '../lib/kube-client';
import { type Attempt, Enforcement, type Refusal, type ServicePort } from './enforcement';
import { LOAD_TESTER } from './load-test';
import { type Stream, split } from './routes';
import { isIngressThroughWaypoint, type MeshState, portProtocol, readyPods, reporterOf, workloadOf } from './state';

/** How the program of an image answers. */
export interface Behaviour {
  /** Part of the requests that fail, 0 to 1: HTTP 500, or gRPC status 14 with HTTP 200. */
  readonly errorRate: number;
  /** Likewise, of the requests that the load tester sends. @default errorRate */
  readonly loadTestErrorRate?: number;
  readonly latencyMilliseconds: number;
}

/** What came of requests: answered by the program, by one that cannot reach what it calls, or by the proxy, which denies them. */
type Outcome = 'answered' | 'cut off' | 'denied';

interface Series {
  readonly pod: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly isGrpc: boolean;
  readonly behaviour: Behaviour;
  readonly outcome: Outcome;
  requests: number;
  /** Whether the last scrape got it. */
  isScraped: boolean;
}

/** Istio's buckets. */
const buckets = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000, 600000, 1800000, 3600000,
];

/** Requests of a stream between two pods within some seconds. */
interface Sent extends Attempt {
  /** A copy, whose answer nobody waits for. */
  readonly isCopy: boolean;
  readonly requests: number;
  readonly refusal?: Refusal;
}

/**
 * Counts requests as the sidecars of the receiving pods do, and waypoints in ambient mode: a series appears with its first request and goes with its pod. It sees
 * routes, Services, ready pods and policies; errors are exact shares, not dice.
 */
export class MeshCounters {
  /** Why requests did not arrive, and how many. */
  readonly refusals = new Map<string, number>();
  private readonly series = new Map<string, Series>();

  constructor(private readonly behaviourOf: (image: string) => Behaviour) {}

  /** Lets the streams flow for some seconds through the mesh as it stands. */
  advance(state: MeshState, streams: readonly Stream[], seconds: number): void {
    const alive = new Set(state.pods.map(({ metadata }) => metadata.uid));
    for (const [key, { pod }] of this.series) if (!alive.has(pod)) this.series.delete(key);
    const enforcement = new Enforcement(state);
    const all = streams.flatMap((stream) => sentBy(state, enforcement, stream, seconds));
    const cutOff = new Set<string>();
    for (const { from, refusal, requests, isCopy } of all) {
      if (!refusal) continue;
      this.refusals.set(refusal.by, (this.refusals.get(refusal.by) ?? 0) + requests);
      if (from && !isCopy) cutOff.add(from.metadata.uid);
    }
    for (const one of all) this.count(state, one, cutOff.has(one.to.metadata.uid));
    const pods = new Map(state.pods.map((pod) => [pod.metadata.uid, pod]));
    for (const series of this.series.values()) series.isScraped = enforcement.isScraped(pods.get(series.pod)!);
  }

  private count(state: MeshState, { stream, to, service, port, requests, refusal }: Sent, isCutOff: boolean): void {
    const protocol = portProtocol(port);
    const reporter = reporterOf(state, to, service);
    if (reporter === 'waypoint' && stream.gateway && !isIngressThroughWaypoint(state, service)) return;
    if (protocol === 'tcp' || !reporter || refusal?.how === 'dropped') return;
    const labels = {
      reporter,
      source_workload: stream.from.workload,
      source_workload_namespace: stream.from.namespace,
      destination_workload: workloadOf(to),
      destination_workload_namespace: service.metadata.namespace ?? '',
      destination_service_name: service.metadata.name,
      request_protocol: protocol,
    };
    const outcome = refusal ? 'denied' : isCutOff ? 'cut off' : 'answered';
    const key = JSON.stringify([to.metadata.uid, labels, outcome]);
    const image = (to.spec.containers as { name: string; image: string }[])[0]?.image ?? '';
    const series = this.series.get(key) ?? {
      pod: to.metadata.uid,
      labels: { ...labels, pod: to.metadata.name },
      isGrpc: protocol === 'grpc',
      behaviour: this.behaviourOf(image),
      outcome,
      requests: 0,
      isScraped: true,
    };
    series.requests += requests;
    this.series.set(key, series);
  }

  /** The counters in Prometheus' text format. */
  expose(): string {
    const counts = new Map<string, Counted>();
    for (const series of this.series.values())
      for (const { answer, count, latency } of series.isScraped ? answersOf(series) : []) {
        const key = labelText({ ...series.labels, ...answer });
        const known = counts.get(key) ?? { count: 0, latency };
        counts.set(key, { count: known.count + count, latency });
      }
    const requests = ['# TYPE istio_requests_total counter'];
    const durations = ['# TYPE istio_request_duration_milliseconds histogram'];
    for (const [all, { count, latency }] of counts) {
      requests.push(`istio_requests_total{${all}} ${count}`);
      for (const bound of buckets)
        durations.push(
          `istio_request_duration_milliseconds_bucket{${all},le="${bound}"} ${latency <= bound ? count : 0}`,
        );
      durations.push(`istio_request_duration_milliseconds_bucket{${all},le="+Inf"} ${count}`);
      durations.push(`istio_request_duration_milliseconds_sum{${all}} ${count * latency}`);
      durations.push(`istio_request_duration_milliseconds_count{${all}} ${count}`);
    }
    return `${[...requests, ...durations].join('\n')}\n`;
  }
}

interface Counted {
  readonly count: number;
  /** Milliseconds, of each. */
  readonly latency: number;
}

/** How the requests of a series were answered. */
function answersOf({ labels, isGrpc, behaviour, outcome, requests }: Series) {
  const total = Math.floor(requests);
  const { errorRate, loadTestErrorRate = errorRate, latencyMilliseconds: latency } = behaviour;
  const answer = (status: 'ok' | 'failed' | 'denied') => {
    const grpc = { ok: '0', failed: '14', denied: '7' } as const;
    const http = { ok: '200', failed: '500', denied: '403' } as const;
    return isGrpc
      ? { response_code: '200', grpc_response_status: grpc[status] }
      : { response_code: http[status], grpc_response_status: '' };
  };
  const isTest = labels.source_workload === LOAD_TESTER;
  // A program that cannot reach what it calls answers health checks all the same.
  const rate = isTest ? loadTestErrorRate : outcome === 'cut off' ? 1 : errorRate;
  const failed = Math.floor(total * rate);
  const answers =
    outcome === 'denied'
      ? [{ answer: answer('denied'), count: total, latency: 1 }]
      : [
          { answer: answer('ok'), count: total - failed, latency },
          { answer: answer('failed'), count: failed, latency },
        ];
  return answers.filter(({ count }) => count > 0);
}

/** The requests of a stream, from each pod that sends them to each that takes them. */
function sentBy(state: MeshState, enforcement: Enforcement, stream: Stream, seconds: number): Sent[] {
  const senders = enforcement.sources(stream);
  const sources: readonly (LiveObject | undefined)[] = senders.length > 0 ? senders : [undefined];
  return split(state, stream).flatMap(({ service: name, namespace, share, mirror = false }) => {
    const service = state.services.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
    const ports = (service?.spec.ports ?? []) as ServicePort[];
    // A gateway's request comes by the gateway's port; the route names the Service, whose first port it takes.
    const port = stream.gateway ? ports[0] : ports.find((candidate) => candidate.port === stream.port);
    if (!service || !port) return [];
    const pods = readyPods(state, service);
    const requests = (stream.requestsPerSecond * seconds * share) / (pods.length * sources.length);
    return pods.flatMap((to) =>
      sources.map((from): Sent => {
        const attempt = { stream, from, to, service, port };
        return { ...attempt, requests, isCopy: mirror, refusal: enforcement.refusalOf(attempt) };
      }),
    );
  });
}

function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',');
}
