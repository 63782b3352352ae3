import { exactly, type Provider, p99, percent, weightsOnly } from './provider';
import { trafficSplit } from './smi';

const labels = 'namespace="{{ namespace }}",deployment=~"{{ target }}",direction="inbound"';

/** Linkerd by TrafficSplit of its extension linkerd-smi; the proxies count. Newer installations take `gatewayapi:v1`. @see fluxcd/flagger v1.44 pkg/router/smi.go, pkg/metrics/observers/linkerd.go */
const linkerd: Provider = {
  id: 'linkerd',
  title: 'Linkerd',
  values: ['linkerd'],
  takes: exactly('linkerd'),
  sharesAt: 'mesh',
  targets: ['Deployment', 'DaemonSet', 'Service'],
  serviceFields: ['gateways', 'hosts'],
  makesServices: true,
  routes: [trafficSplit(() => 'v1alpha1')],
  needs: () => ({ name: 'trafficsplits.split.smi-spec.io', version: 'v1alpha1' }),
  can: weightsOnly,
  builtin: {
    observer: 'linkerd',
    countedBy: 'sidecar',
    counter: 'response_total',
    labels: { namespace: '{{ namespace }}', deployment: '{{ target }}', direction: 'inbound' },
    successRate: percent('response_total', labels, 'classification!="failure"'),
    duration: p99('response_latency_ms_bucket', labels),
    durationUnit: 'milliseconds',
    seesGrpcStatus: true,
  },
};
export default linkerd;
