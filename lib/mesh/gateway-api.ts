import type { EntranceRoute, Mesh } from './mesh';

/**
 * A Gateway of the Gateway API that is there, whoever runs it (Envoy Gateway, NGINX Gateway Fabric, Cilium, GKE …), and no mesh: Flagger
 * writes the HTTPRoute. It asks the application for its own counters, which nobody here knows, so a canary needs checks of its own. gRPC
 * is left out: by an HTTPRoute each of them asks for another `appProtocol`.
 * @see fluxcd/flagger v1.44 pkg/router/gateway_api.go, docs/gitbook/tutorials/gatewayapi-progressive-delivery.md
 */
export default {
  id: 'gateway-api',
  title: 'A Gateway of the Gateway API, already installed',
  provider: 'gatewayapi:v1',
  builtinMetrics: false,
  namespaceLabels: {},
  installs: 'nothing',
  isAmbient: false,
  exposesBy: 'entrance',
  refusesGrpc: true,
  authorizes: 'nothing',
  entrance: ({ name, namespace, port, hosts, paths, isCanaried, gateway }: EntranceRoute) =>
    isCanaried
      ? []
      : [
          {
            apiVersion: 'gateway.networking.k8s.io/v1',
            kind: 'HTTPRoute',
            metadata: { name, namespace },
            spec: {
              parentRefs: [
                {
                  group: 'gateway.networking.k8s.io',
                  kind: 'Gateway',
                  namespace: gateway.namespace,
                  name: gateway.name,
                },
              ],
              hostnames: [...hosts],
              rules: [
                {
                  matches: paths.map((value) => ({ path: { type: 'PathPrefix', value } })),
                  backendRefs: [{ name, port }],
                },
              ],
            },
          },
        ],
} as const satisfies Mesh;
