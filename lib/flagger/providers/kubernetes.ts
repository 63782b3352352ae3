import { type BuiltinQueries, exactly, nothing, type Provider, p99, percent } from './provider';

const labels = 'kubernetes_namespace="{{ namespace }}",kubernetes_pod_name=~"{{ target }}-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)"';

/** The application's own histogram, in seconds. @see fluxcd/flagger v1.44 pkg/metrics/observers/http.go */
export const httpQueries: BuiltinQueries = {
  observer: 'http',
  countedBy: 'application',
  counter: 'http_request_duration_seconds_count',
  labels: { kubernetes_namespace: '{{ namespace }}', kubernetes_pod_name: '{{ target }}-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)' },
  successRate: percent('http_request_duration_seconds_count', labels, 'status!~"5.*"'),
  duration: p99('http_request_duration_seconds_bucket', labels),
  durationUnit: 'seconds',
};

/** Nothing routes: the Service is switched at the end (Blue/Green). @see fluxcd/flagger v1.44 pkg/router/nop.go, pkg/controller/scheduler.go */
const kubernetes: Provider = {
  id: 'kubernetes',
  title: 'Kubernetes without a mesh',
  values: ['kubernetes'],
  takes: exactly('kubernetes'),
  sharesAt: 'nowhere',
  targets: ['Deployment', 'DaemonSet', 'Service'],
  serviceFields: [],
  makesServices: true,
  routes: [],
  can: nothing,
  builtin: httpQueries,
};
export default kubernetes;
