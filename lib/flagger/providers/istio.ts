import { booleanAt, type Fields, fieldsAt, type KubeObject, listAt, numberAt, textMapAt, textsAt } from '../../kube';
import { isTcpToFlagger, serviceNames } from '../service-names';
import { exactly, type Provider, p99, percent, pick, type RouteInput } from './provider';

const apiVersion = () => 'networking.istio.io/v1';
const labels =
  'reporter="destination",destination_workload_namespace="{{ namespace }}",destination_workload=~"{{ target }}"';

/** Istio by VirtualService and DestinationRule; the sidecars count. @see fluxcd/flagger v1.44 pkg/router/istio.go, pkg/metrics/observers/istio.go */
const istio: Provider = {
  id: 'istio',
  title: 'Istio',
  values: ['istio'],
  takes: exactly('istio'),
  sharesAt: 'mesh',
  comesInBy: 'gateways',
  targets: ['Deployment', 'DaemonSet', 'Service'],
  serviceFields: [
    'apex',
    'appProtocol',
    'corsPolicy',
    'delegation',
    'gateways',
    'headers',
    'hosts',
    'match',
    'retries',
    'rewrite',
    'timeout',
    'trafficPolicy',
  ],
  makesServices: true,
  routes: [
    {
      kind: 'VirtualService',
      apiVersion,
      names: (canary) => [serviceNames(canary).apex],
      make: (input) => [virtualService(input)],
    },
    {
      kind: 'DestinationRule',
      apiVersion,
      names: (canary) => {
        const { primary, canary: own } = serviceNames(canary);
        return [own, primary];
      },
      make: ({ canary }) => destinationRules(canary),
    },
  ],
  needs: () => ({ name: 'virtualservices.networking.istio.io', version: 'v1beta1' }),
  can: {
    weigh: true,
    matchHeaders: ['exact', 'prefix', 'suffix', 'regex'],
    matchQuery: true,
    matchSource: true,
    mirror: 'weights',
    mirrorShare: true,
    affinity: true,
    stepsBack: true,
  },
  builtin: {
    observer: 'istio',
    countedBy: 'sidecar',
    counter: 'istio_requests_total',
    labels: {
      reporter: 'destination',
      destination_workload_namespace: '{{ namespace }}',
      destination_workload: '{{ target }}',
    },
    successRate: percent('istio_requests_total', labels, 'response_code!~"5.*"'),
    duration: p99('istio_request_duration_milliseconds_bucket', labels),
    durationUnit: 'milliseconds',
  },
};
export default istio;

/** Hosts of the VirtualService that Flagger makes: none when it is a delegate. @see fluxcd/flagger v1.44 pkg/router/istio.go Reconcile */
export function virtualServiceHosts(canary: KubeObject): readonly string[] {
  const service = fieldsAt(canary, 'spec', 'service');
  if (booleanAt(service, 'delegation')) return [];
  const hosts = textsAt(service, 'hosts');
  const { apex } = serviceNames(canary);
  return hosts.includes(apex) || hosts.includes('*') ? hosts : [...hosts, apex];
}

/** @see fluxcd/flagger v1.44 pkg/router/istio.go Reconcile */
function virtualService({ canary, analysis }: RouteInput): KubeObject {
  const names = serviceNames(canary);
  const service = fieldsAt(canary, 'spec', 'service');
  const namespace = canary.metadata.namespace ?? '';
  const delegation = booleanAt(service, 'delegation') ?? false;
  const gateways = textsAt(service, 'gateways');
  const route = [
    { destination: { host: names.primary }, weight: 100 },
    { destination: { host: names.canary }, weight: 0 },
  ];
  const match = listAt(service, 'match');
  const rule: Record<string, unknown> = match.length > 0 ? { match } : {};
  Object.assign(rule, pick(service, ['rewrite', 'timeout', 'retries', 'corsPolicy', 'headers']));
  rule.route = route;
  const tcp = isTcpToFlagger(canary);
  const spec: Record<string, unknown> = {
    hosts: virtualServiceHosts(canary),
    gateways: delegation ? [] : gateways.length > 0 ? gateways : ['mesh'],
  };
  if (tcp) {
    const ports = match.map((item) => ({ port: numberAt(item, 'port') ?? 0 }));
    spec.tcp = [ports.length > 0 ? { match: ports, route } : { route }];
  } else if (analysis.match.length > 0) {
    spec.http = [
      { ...rule, match: mergeMatches(analysis.match, match) },
      { ...rule, route: [{ ...route[0], weight: 100 }] },
    ];
  } else spec.http = [rule];
  return {
    apiVersion: apiVersion(),
    kind: 'VirtualService',
    metadata: { name: names.apex, namespace, labels: textMapAt(service, 'apex', 'labels') },
    spec,
  };
}

/** @see fluxcd/flagger v1.44 pkg/router/istio.go reconcileDestinationRule */
function destinationRules(canary: KubeObject): KubeObject[] {
  const names = serviceNames(canary);
  const namespace = canary.metadata.namespace ?? '';
  const { trafficPolicy } = fieldsAt(canary, 'spec', 'service');
  return [names.canary, names.primary].map((name) => ({
    apiVersion: apiVersion(),
    kind: 'DestinationRule',
    metadata: { name, namespace },
    spec: trafficPolicy === undefined ? { host: name } : { host: name, trafficPolicy },
  }));
}

/** Only headers and source labels of `analysis.match` survive where `service.match` is set. @see fluxcd/flagger v1.44 pkg/router/istio.go mergeMatchConditions */
function mergeMatches(canary: readonly Fields[], service: readonly unknown[]): unknown[] {
  if (service.length === 0) return [...canary];
  return canary.flatMap((item) =>
    service.map((base) => ({
      ...fieldsAt(base),
      ...(item.headers === undefined ? {} : { headers: item.headers }),
      ...(item.sourceLabels === undefined ? {} : { sourceLabels: item.sourceLabels }),
    })),
  );
}
