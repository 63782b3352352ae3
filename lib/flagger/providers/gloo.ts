import { fieldsAt, type KubeObject, numberAt, textMapAt } from '../../kube';
import { serviceNames } from '../service-names';
import { type Provider, p99, percent, weightsOnly } from './provider';

const labels = 'envoy_cluster_name=~"{{ namespace }}-{{ target }}-canaryupstream-[0-9a-zA-Z-]+_[0-9a-zA-Z-]+"';
const upstreams = (canary: KubeObject): { primary: string; canary: string } => {
  const prefix = `${canary.metadata.namespace ?? ''}-${serviceNames(canary).apex}`;
  const port = numberAt(canary, 'spec', 'service', 'port') ?? 0;
  return { primary: `${prefix}-primaryupstream-${port}`, canary: `${prefix}-canaryupstream-${port}` };
};

/** Gloo Edge by RouteTable, to which a VirtualService of Gloo delegates, and two Upstreams; Envoy counts. @see fluxcd/flagger v1.44 pkg/router/gloo.go, pkg/metrics/observers/gloo.go */
const gloo: Provider = {
  id: 'gloo',
  title: 'Gloo Edge',
  values: ['gloo'],
  takes: (value) => value.startsWith('gloo'),
  sharesAt: 'ingress',
  reference: { field: 'upstreamRef', apiVersion: 'gloo.solo.io/v1', kind: 'Upstream', isRequired: false },
  targets: ['Deployment', 'DaemonSet', 'Service'],
  serviceFields: ['apex'],
  makesServices: true,
  routes: [
    {
      kind: 'RouteTable',
      apiVersion: () => 'gateway.solo.io/v1',
      names: (canary) => [serviceNames(canary).apex],
      make: ({ canary }) => [routeTable(canary)],
    },
    {
      kind: 'Upstream',
      apiVersion: () => 'gloo.solo.io/v1',
      names: (canary) => Object.values(upstreams(canary)),
    },
  ],
  needs: () => ({ name: 'routetables.gateway.solo.io', version: 'v1' }),
  can: { ...weightsOnly, matchHeaders: ['exact', 'regex'] },
  builtin: {
    observer: 'gloo',
    countedBy: 'ingress',
    counter: 'envoy_cluster_upstream_rq',
    labels: { envoy_cluster_name: '{{ namespace }}-{{ target }}-canaryupstream-[0-9a-zA-Z-]+_[0-9a-zA-Z-]+' },
    successRate: percent('envoy_cluster_upstream_rq', labels, 'envoy_response_code!~"5.*"'),
    duration: p99('envoy_cluster_upstream_rq_time_bucket', labels),
    durationUnit: 'milliseconds',
  },
  entrance: 'gateway-proxy.gloo-system',
};
export default gloo;

/** @see fluxcd/flagger v1.44 pkg/router/gloo.go Reconcile */
function routeTable(canary: KubeObject): KubeObject {
  const names = upstreams(canary);
  const namespace = canary.metadata.namespace ?? '';
  const destination = (name: string, weight: number) => ({ destination: { upstream: { name, namespace } }, weight });
  return {
    apiVersion: 'gateway.solo.io/v1',
    kind: 'RouteTable',
    metadata: {
      name: serviceNames(canary).apex,
      namespace,
      labels: textMapAt(fieldsAt(canary, 'spec', 'service'), 'apex', 'labels'),
    },
    spec: {
      routes: [
        {
          inheritablePathMatchers: true,
          routeAction: {
            multi: { destinations: [destination(names.primary, 100), destination(names.canary, 0)] },
          },
        },
      ],
    },
  };
}
