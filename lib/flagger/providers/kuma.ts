import { fieldsAt, type KubeObject, numberAt, textAt, textMapAt } from '../../kube';
import { serviceNames } from '../service-names';
import { exactly, type Provider, p99, percent, weightsOnly } from './provider';

const labels = 'service=~"{{ target }}-canary_{{ namespace }}_svc_[0-9a-zA-Z-]+"';

/** Kuma by TrafficRoute, which lies in no namespace; the sidecars count. @see fluxcd/flagger v1.44 pkg/router/kuma.go, pkg/metrics/observers/kuma.go */
const kuma: Provider = {
  id: 'kuma',
  title: 'Kuma',
  values: ['kuma'],
  takes: exactly('kuma'),
  sharesAt: 'mesh',
  targets: ['Deployment', 'DaemonSet', 'Service'],
  serviceFields: ['apex'],
  makesServices: true,
  routes: [
    {
      kind: 'TrafficRoute',
      apiVersion: () => 'kuma.io/v1alpha1',
      names: (canary) => [serviceNames(canary).apex],
      make: ({ canary }) => [trafficRoute(canary)],
      isClusterScoped: true,
    },
  ],
  needs: () => ({ name: 'trafficroutes.kuma.io', version: 'v1alpha1' }),
  can: weightsOnly,
  builtin: {
    observer: 'kuma',
    countedBy: 'sidecar',
    counter: 'envoy_cluster_upstream_rq',
    labels: { service: '{{ target }}-canary_{{ namespace }}_svc_[0-9a-zA-Z-]+' },
    successRate: percent('envoy_cluster_upstream_rq', labels, 'envoy_response_code!~"5.*"'),
    duration: p99('envoy_cluster_upstream_rq_time_bucket', labels),
    durationUnit: 'milliseconds',
  },
};
export default kuma;

/** @see fluxcd/flagger v1.44 pkg/router/kuma.go Reconcile */
function trafficRoute(canary: KubeObject): KubeObject {
  const names = serviceNames(canary);
  const fields = fieldsAt(canary, 'spec', 'service');
  const service = (name: string) => ({
    'kuma.io/service': `${name}_${canary.metadata.namespace ?? ''}_svc_${numberAt(fields, 'port') ?? 0}`,
  });
  return {
    apiVersion: 'kuma.io/v1alpha1',
    kind: 'TrafficRoute',
    metadata: { name: names.apex, labels: textMapAt(fields, 'apex', 'labels') },
    mesh: textAt(canary, 'metadata', 'annotations', 'kuma.io/mesh') ?? 'default',
    spec: {
      sources: [{ match: { 'kuma.io/service': '*' } }],
      destinations: [{ match: service(names.apex) }],
      conf: {
        split: [
          { weight: 100, destination: service(names.primary) },
          { weight: 0, destination: service(names.canary) },
        ],
      },
    },
  } as KubeObject;
}
