import { textAt } from '../../kube';
import { exactly, type Provider, p99, percent, weightsOnly } from './provider';

const labels = 'envoy_cluster_name=~"{{ namespace }}/{{ route }}"';

/** Knative by the traffic of the Service itself, revision against revision; its ingress counts. @see fluxcd/flagger v1.44 pkg/router/knative.go, pkg/metrics/observers/knative.go, pkg/controller/controller.go verifyKnativeCanary */
const knative: Provider = {
  id: 'knative',
  title: 'Knative',
  values: ['knative'],
  takes: exactly('knative'),
  sharesAt: 'platform',
  targets: ['Service'],
  serviceFields: [],
  makesServices: false,
  routes: [
    {
      kind: 'Service',
      apiVersion: () => 'serving.knative.dev/v1',
      names: (canary) => [textAt(canary, 'spec', 'targetRef', 'name') ?? ''],
    },
  ],
  needs: () => ({ name: 'services.serving.knative.dev', version: 'v1' }),
  can: weightsOnly,
  builtin: {
    observer: 'knative',
    countedBy: 'ingress',
    counter: 'envoy_cluster_upstream_rq',
    labels: { envoy_cluster_name: '{{ namespace }}/{{ route }}' },
    successRate: percent('envoy_cluster_upstream_rq', labels, 'envoy_response_code!~"5.*"'),
    duration: p99('envoy_cluster_upstream_rq_time_bucket', labels),
    durationUnit: 'milliseconds',
  },
};
export default knative;
