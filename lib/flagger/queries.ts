/** How traffic is routed and measured. Decides Flagger's provider, the metrics and their reporter label. */
export type MeshMode = 'istio-sidecar' | 'istio-gateway-api' | 'istio-ambient' | 'kubernetes';

/** What a port speaks: decides port name, `appProtocol`, probes and metrics. */
export type Protocol = 'http' | 'grpc' | 'tcp';

/** Facts about a mesh mode that belong together: taken apart they give `no values found`. */
export interface MeshFacts {
  /** `spec.provider` of a Canary, `meshProvider` of Flagger's chart. */
  readonly provider: 'istio' | 'gatewayapi:v1' | 'kubernetes';
  /** Which proxy's counters see the canary's requests; none without a mesh. */
  readonly reporter?: 'destination' | 'source' | 'waypoint';
  /** Whether `request-success-rate` and `request-duration` ask for counters that this mesh has. */
  readonly builtinMetrics: boolean;
}

/**
 * Only with sidecars and provider `istio` do Flagger's built-in queries find anything: `gatewayapi:*` and
 * `kubernetes` ask for the application's own `http_request_duration_seconds`, and a waypoint reports as `waypoint`.
 * @see fluxcd/flagger v1.44 pkg/metrics/observers/factory.go, istio.go, http.go
 * @see istio/istio 1.31 tests/integration/ambient/baseline_test.go (reporter="waypoint")
 */
export const MESH_FACTS: Readonly<Record<MeshMode, MeshFacts>> = {
  'istio-sidecar': { provider: 'istio', reporter: 'destination', builtinMetrics: true },
  'istio-gateway-api': { provider: 'gatewayapi:v1', reporter: 'destination', builtinMetrics: false },
  'istio-ambient': { provider: 'gatewayapi:v1', reporter: 'waypoint', builtinMetrics: false },
  kubernetes: { provider: 'kubernetes', builtinMetrics: false },
};

/** The names that Flagger answers with a query of its own. A template must not carry one of them: both would run. */
export const BUILTIN_METRICS = ['request-success-rate', 'request-duration'] as const;

/**
 * gRPC status codes that are the caller's doing, beside OK: CANCELLED, INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS,
 * PERMISSION_DENIED, FAILED_PRECONDITION, OUT_OF_RANGE, UNAUTHENTICATED. The others are the server's failures.
 */
const GRPC_SUCCESS_CODES = ['0', 'OK', '1', '3', '5', '6', '7', '9', '11', '16'];

function selector(metric: string, reporter: string, rest: readonly string[] = []): string {
  const labels = [
    `reporter="${reporter}"`,
    'destination_workload_namespace="{{ namespace }}"',
    'destination_workload="{{ target }}"',
    ...rest,
  ];
  return `${metric}{${labels.join(',')}}`;
}

const share = (good: string, all: string) =>
  `(sum(rate(${good}[{{ interval }}])) or vector(0)) / sum(rate(${all}[{{ interval }}])) * 100`;

/**
 * Share of gRPC calls that did not fail, in percent. A failed call is HTTP 200 with a `grpc_response_status`, so
 * Flagger's own success rate never sees it. `or vector(0)`: when every call fails the numerator has no series, and
 * the canary would be reported as "not receiving traffic"; without any call the result stays empty.
 */
export function grpcSuccessRateQuery(reporter: string): string {
  const protocol = 'request_protocol="grpc"';
  const status = `grpc_response_status=~"${GRPC_SUCCESS_CODES.join('|')}"`;
  return share(
    selector('istio_requests_total', reporter, [protocol, status]),
    selector('istio_requests_total', reporter, [protocol]),
  );
}

/** Share of HTTP requests without a 5xx, in percent: Flagger's own query with the mesh's reporter, and 0 where all fail. */
export function httpSuccessRateQuery(reporter: string): string {
  return share(
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
