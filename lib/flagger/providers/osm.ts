import { exactly, type Provider, p99, percent, weightsOnly } from './provider';
import { trafficSplit } from './smi';

const labels = 'destination_namespace="{{ namespace }}",destination_kind="Deployment",destination_name="{{ target }}"';

/** Open Service Mesh (archived upstream) by TrafficSplit; the proxies count. @see fluxcd/flagger v1.44 pkg/router/factory.go, pkg/metrics/observers/osm.go */
const osm: Provider = {
  id: 'osm',
  title: 'Open Service Mesh',
  values: ['osm'],
  takes: exactly('osm'),
  sharesAt: 'mesh',
  targets: ['Deployment', 'DaemonSet', 'Service'],
  serviceFields: ['gateways', 'hosts'],
  makesServices: true,
  routes: [trafficSplit(() => 'v1alpha2')],
  needs: () => ({ name: 'trafficsplits.split.smi-spec.io', version: 'v1alpha2' }),
  can: weightsOnly,
  builtin: {
    observer: 'osm',
    countedBy: 'sidecar',
    counter: 'osm_request_total',
    labels: {
      destination_namespace: '{{ namespace }}',
      destination_kind: 'Deployment',
      destination_name: '{{ target }}',
    },
    successRate: percent('osm_request_total', labels, 'response_code!~"5.*"'),
    duration: p99('osm_request_duration_ms_bucket', labels),
    durationUnit: 'milliseconds',
  },
};
export default osm;
