import { fieldsAt, type KubeObject, listAt, numberAt, textMapAt, textsAt } from '../../kube';
import { serviceNames } from '../service-names';
import { httpQueries } from './kubernetes';
import type { Provider, RouteInput } from './provider';

/** The version that the client of a value asks for: `gatewayapi:v1beta1` has its own, all others take v1. */
const version = (value: string) => value.split(':')[1] ?? 'v1';

/** The Gateway API by HTTPRoute. Whoever runs the Gateway counts, and Flagger asks the application. @see fluxcd/flagger v1.44 pkg/router/gateway_api.go, pkg/metrics/observers/http.go */
const gatewayapi: Provider = {
  id: 'gatewayapi',
  title: 'Gateway API',
  values: ['gatewayapi:v1', 'gatewayapi:v1beta1'],
  takes: (value) => value.startsWith('gatewayapi:v1'),
  sharesAt: 'gateway',
  needsGatewayRefs: true,
  comesInBy: 'gatewayRefs',
  targets: ['Deployment', 'DaemonSet', 'Service'],
  serviceFields: [
    'apex',
    'backendTimeout',
    'corsPolicy',
    'gatewayRefs',
    'headers',
    'hosts',
    'match',
    'mirror',
    'rewrite',
    'timeout',
  ],
  makesServices: true,
  routes: [
    {
      kind: 'HTTPRoute',
      apiVersion: (value) => `gateway.networking.k8s.io/${version(value)}`,
      names: (canary) => [serviceNames(canary).apex],
      make: (input) => [httpRoute(input)],
    },
  ],
  needs: (value) => ({
    name: 'httproutes.gateway.networking.k8s.io',
    version: value.startsWith('gatewayapi:v1beta1') ? 'v1beta1' : 'v1',
  }),
  can: {
    weigh: true,
    matchHeaders: ['exact', 'regex'],
    matchQuery: true,
    matchSource: false,
    mirror: 'iterations',
    mirrorShare: false,
    affinity: true,
    stepsBack: true,
  },
  builtin: httpQueries,
};
export default gatewayapi;

/** @see fluxcd/flagger v1.44 pkg/router/gateway_api.go Reconcile */
function httpRoute({ canary, value }: RouteInput): KubeObject {
  const names = serviceNames(canary);
  const service = fieldsAt(canary, 'spec', 'service');
  const port = numberAt(service, 'port');
  const match = listAt(service, 'match');
  return {
    apiVersion: `gateway.networking.k8s.io/${version(value)}`,
    kind: 'HTTPRoute',
    metadata: {
      name: names.apex,
      namespace: canary.metadata.namespace ?? '',
      labels: textMapAt(service, 'apex', 'labels'),
    },
    spec: {
      parentRefs: listAt(service, 'gatewayRefs'),
      hostnames: textsAt(service, 'hosts'),
      rules: [
        {
          ...(match.length > 0 ? { matches: match } : {}),
          backendRefs: [
            { name: names.primary, port, weight: 100 },
            { name: names.canary, port, weight: 0 },
          ],
        },
      ],
    },
  };
}
