import { type Fields, fieldsAt, isFields, type KubeObject, numberAt, textAt, textMapAt } from '../../kube';
import { serviceNames } from '../service-names';
import { exactly, type Provider, p99, percent, type RouteInput, weightsOnly } from './provider';

const labels = 'envoy_cluster_name=~"{{ namespace }}_{{ service }}-canary_[0-9a-zA-Z-]+"';

/** Contour by HTTPProxy, which an HTTPProxy of one's own includes; Envoy counts. @see fluxcd/flagger v1.44 pkg/router/contour.go, pkg/metrics/observers/contour.go */
const contour: Provider = {
  id: 'contour',
  title: 'Contour',
  values: ['contour'],
  takes: exactly('contour'),
  sharesAt: 'ingress',
  targets: ['Deployment', 'DaemonSet', 'Service'],
  serviceFields: ['apex', 'match', 'retries', 'timeout'],
  makesServices: true,
  routes: [
    {
      kind: 'HTTPProxy',
      apiVersion: () => 'projectcontour.io/v1',
      names: (canary) => [serviceNames(canary).apex],
      make: (input) => [httpProxy(input)],
    },
  ],
  needs: () => ({ name: 'httpproxies.projectcontour.io', version: 'v1' }),
  // A prefix or suffix becomes `contains`; of a regular expression nothing is left.
  can: { ...weightsOnly, matchHeaders: ['exact', 'prefix', 'suffix'] },
  builtin: {
    observer: 'contour',
    countedBy: 'ingress',
    counter: 'envoy_cluster_upstream_rq',
    labels: { envoy_cluster_name: '{{ namespace }}_{{ service }}-canary_[0-9a-zA-Z-]+' },
    successRate: percent('envoy_cluster_upstream_rq', labels, 'envoy_response_code!~"5.*"'),
    duration: p99('envoy_cluster_upstream_rq_time_bucket', labels),
    durationUnit: 'milliseconds',
  },
  entrance: 'envoy.projectcontour',
};
export default contour;

/** The route without an A/B test's own. @see fluxcd/flagger v1.44 pkg/router/contour.go Reconcile */
function httpProxy({ canary }: RouteInput): KubeObject {
  const names = serviceNames(canary);
  const service = fieldsAt(canary, 'spec', 'service');
  const port = numberAt(service, 'port');
  return {
    apiVersion: 'projectcontour.io/v1',
    kind: 'HTTPProxy',
    metadata: {
      name: names.apex,
      namespace: canary.metadata.namespace ?? '',
      labels: textMapAt(service, 'apex', 'labels'),
    },
    spec: {
      routes: [
        {
          conditions: [{ prefix: textAt(service, 'match', 0, 'uri', 'prefix') || '/' }],
          ...policies(service),
          services: [
            { name: names.primary, port, weight: 100 },
            { name: names.canary, port, weight: 0 },
          ],
        },
      ],
    },
  };
}

/** @see fluxcd/flagger v1.44 pkg/router/contour.go makeTimeoutPolicy, makeRetryPolicy, makeRetryOn */
function policies(service: Fields): Fields {
  const timeout = textAt(service, 'timeout');
  const retries = fieldsAt(service, 'retries');
  return {
    ...(timeout ? { timeoutPolicy: { response: timeout, idle: '5m' } } : {}),
    ...(isFields(service.retries)
      ? {
          retryPolicy: {
            count: numberAt(retries, 'attempts') ?? 0,
            perTryTimeout: textAt(retries, 'perTryTimeout') ?? '',
            retryOn: (textAt(retries, 'retryOn') ?? '').split(','),
          },
        }
      : {}),
  };
}
