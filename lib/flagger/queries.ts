/** What a port speaks: decides port name, `appProtocol`, probes and metrics. */
export type Protocol = 'http' | 'grpc' | 'tcp';

/** The names that Flagger answers with a query of its own. A template must not carry one of them: both would run. */
export const BUILTIN_METRICS = ['request-success-rate', 'request-duration'] as const;

/** Names of the metrics, built in and ours, that give the percentage of requests that did not fail. */
export const SUCCESS_RATES: readonly string[] = [BUILTIN_METRICS[0], 'grpc-success-rate', 'http-success-rate'];

/**
 * gRPC status codes that are the caller's doing, beside OK: CANCELLED, INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS,
 * FAILED_PRECONDITION, OUT_OF_RANGE. The others are failures of the release: also PERMISSION_DENIED (7) and
 * UNAUTHENTICATED (16), which OpenTelemetry does not call the server's errors; but a release that has lost its keys, its
 * policy or its clock denies everybody, and nothing else tells. A service that denies as a matter of course says so.
 * @see grpc.io/docs/guides/status-codes; OpenTelemetry semantic conventions 1.38, rpc/grpc, "gRPC status"
 */
export const GRPC_SUCCESS_CODES: readonly number[] = [0, 1, 3, 5, 6, 9, 11];

/** Workloads that only test: their calls must not hide the failures of others. */
const LOAD_TESTERS = '.*load-?test.*';

function selector(metric: string, reporter: string, rest: readonly string[] = []): string {
  const labels = [
    `reporter="${reporter}"`,
    'destination_workload_namespace="{{ namespace }}"',
    'destination_workload="{{ target }}"',
    ...rest,
  ];
  return `${metric}{${labels.join(',')}}`;
}

/**
 * The lower one of two shares: that of the load test and that of everybody else. In one ratio ten good health checks a second
 * would hide that every real call fails, where one comes a second. `0 *`: where all calls of one of them fail, its
 * share is 0 and not absent; `> 0`: who does not call has no share.
 */
function lowestShare(good: string, all: string): string {
  const bySource = (series: string) =>
    `sum by (source) (label_replace(rate(${series}[{{ interval }}]), "source", "load test", "source_workload", "${LOAD_TESTERS}"))`;
  return `min((${bySource(good)} or 0 * ${bySource(all)}) / (${bySource(all)} > 0)) * 100`;
}

/**
 * Share of gRPC calls that did not fail, in percent. A failed call is HTTP 200 with a `grpc_response_status`, so
 * Flagger's own success rate never sees it. When every call fails the result is 0, and the canary is not reported as
 * "not receiving traffic"; without any call it stays empty.
 * @param codes that are no failure. @default GRPC_SUCCESS_CODES
 */
export function grpcSuccessRateQuery(reporter: string, codes: readonly number[] = GRPC_SUCCESS_CODES): string {
  const protocol = 'request_protocol="grpc"';
  const status = `grpc_response_status=~"${codes.map((code) => (code === 0 ? '0|OK' : code)).join('|')}"`;
  return lowestShare(
    selector('istio_requests_total', reporter, [protocol, status]),
    selector('istio_requests_total', reporter, [protocol]),
  );
}

/** Share of HTTP requests without a 5xx, in percent: as Flagger's own query, but the load test counts by itself, and 0 where all fail. */
export function httpSuccessRateQuery(reporter: string): string {
  return lowestShare(
    selector('istio_requests_total', reporter, ['response_code!~"5.*"']),
    selector('istio_requests_total', reporter),
  );
}

/** 99th percentile of the request duration in milliseconds. */
export function durationQuery(reporter: string): string {
  const bucket = selector('istio_request_duration_milliseconds_bucket', reporter);
  return `histogram_quantile(0.99, sum(rate(${bucket}[{{ interval }}])) by (le))`;
}

/**
 * The default name of a port: Istio reads the protocol from the name's prefix where `appProtocol` is absent.
 * @see istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection
 */
export const PORT_NAMES: Readonly<Record<Protocol, string>> = { http: 'http', grpc: 'grpc', tcp: 'tcp' };
