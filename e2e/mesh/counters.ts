import { LOAD_TESTER } from './load-test';
import { type Stream, split } from './routes';
import { type MeshState, portProtocol, readyPods, reporterOf, workloadOf } from './state';

/** How the program of an image answers. */
export interface Behaviour {
  /** Part of the requests that fail, 0 to 1: HTTP 500, or gRPC status 14 with HTTP 200. */
  readonly errorRate: number;
  /** Likewise, of the requests that the load tester sends. @default errorRate */
  readonly loadTestErrorRate?: number;
  readonly latencyMilliseconds: number;
}

interface Series {
  readonly pod: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly isGrpc: boolean;
  readonly behaviour: Behaviour;
  requests: number;
}

/** Istio's buckets. */
const buckets = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000, 600000, 1800000, 3600000,
];

/**
 * Counts requests as the sidecars of the receiving pods do, and waypoints in ambient mode: a series appears with its first request and goes with its pod. It sees
 * routes, Services and ready pods; errors are exact shares, not dice.
 */
export class MeshCounters {
  private readonly series = new Map<string, Series>();

  constructor(private readonly behaviourOf: (image: string) => Behaviour) {}

  /** Lets the streams flow for some seconds through the mesh as it stands. */
  advance(state: MeshState, streams: readonly Stream[], seconds: number): void {
    const alive = new Set(state.pods.map(({ metadata }) => metadata.uid));
    for (const [key, { pod }] of this.series) if (!alive.has(pod)) this.series.delete(key);
    for (const stream of streams) {
      for (const { service: name, namespace, share } of split(state, stream)) {
        const service = state.services.find(
          ({ metadata }) => metadata.name === name && metadata.namespace === namespace,
        );
        const ports = (service?.spec.ports ?? []) as { port: number; name?: string; appProtocol?: string }[];
        // A gateway's request comes by the gateway's port; the route names the Service, whose first port it takes.
        const port = stream.gateway ? ports[0] : ports.find((candidate) => candidate.port === stream.port);
        if (!service || !port) continue;
        const protocol = portProtocol(port);
        if (protocol === 'tcp') continue;
        const pods = readyPods(state, service);
        for (const pod of pods) {
          const reporter = reporterOf(state, pod, service);
          if (!reporter) continue;
          const image = (pod.spec.containers as { name: string; image: string }[])[0]?.image ?? '';
          const labels = {
            reporter,
            source_workload: stream.from.workload,
            source_workload_namespace: stream.from.namespace,
            destination_workload: workloadOf(pod),
            destination_workload_namespace: namespace,
            destination_service_name: name,
            request_protocol: protocol,
          };
          const key = JSON.stringify([pod.metadata.uid, labels]);
          const existing = this.series.get(key) ?? {
            pod: pod.metadata.uid,
            labels: { ...labels, pod: pod.metadata.name },
            isGrpc: protocol === 'grpc',
            behaviour: this.behaviourOf(image),
            requests: 0,
          };
          existing.requests += (stream.requestsPerSecond * seconds * share) / pods.length;
          this.series.set(key, existing);
        }
      }
    }
  }

  /** The counters in Prometheus' text format. */
  expose(): string {
    const requests = ['# TYPE istio_requests_total counter'];
    const durations = ['# TYPE istio_request_duration_milliseconds histogram'];
    for (const { labels, isGrpc, behaviour, requests: count } of this.series.values()) {
      const total = Math.floor(count);
      const { errorRate, loadTestErrorRate = errorRate } = behaviour;
      const failed = Math.floor(total * (labels.source_workload === LOAD_TESTER ? loadTestErrorRate : errorRate));
      const answers = isGrpc
        ? [
            { response_code: '200', grpc_response_status: '0', count: total - failed },
            { response_code: '200', grpc_response_status: '14', count: failed },
          ]
        : [
            { response_code: '200', grpc_response_status: '', count: total - failed },
            { response_code: '500', grpc_response_status: '', count: failed },
          ];
      for (const { count: answered, ...answer } of answers.filter((one) => one.count > 0)) {
        const all = labelText({ ...labels, ...answer });
        requests.push(`istio_requests_total{${all}} ${answered}`);
        for (const bound of buckets) {
          const below = behaviour.latencyMilliseconds <= bound ? answered : 0;
          durations.push(`istio_request_duration_milliseconds_bucket{${all},le="${bound}"} ${below}`);
        }
        durations.push(`istio_request_duration_milliseconds_bucket{${all},le="+Inf"} ${answered}`);
        durations.push(`istio_request_duration_milliseconds_sum{${all}} ${answered * behaviour.latencyMilliseconds}`);
        durations.push(`istio_request_duration_milliseconds_count{${all}} ${answered}`);
      }
    }
    return `${[...requests, ...durations].join('\n')}\n`;
  }
}

function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',');
}
