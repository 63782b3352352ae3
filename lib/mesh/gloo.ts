import type { EntranceRoute, Mesh } from './mesh';

/** Gloo Edge: a VirtualService of Gloo's delegates to the RouteTable that Flagger writes. @see fluxcd/flagger v1.44 pkg/router/gloo.go */
export default {
  id: 'gloo',
  title: 'Gloo Edge, already installed',
  provider: 'gloo',
  builtinMetrics: true,
  namespaceLabels: {},
  installs: 'nothing',
  isAmbient: false,
  exposesBy: 'entrance',
  refusesGrpc: true,
  authorizes: 'nothing',
  entrance: ({ name, namespace, port, hosts, paths, isCanaried }: EntranceRoute) => [
    {
      apiVersion: 'gateway.solo.io/v1',
      kind: 'VirtualService',
      metadata: { name, namespace },
      spec: {
        virtualHost: {
          domains: [...hosts],
          routes: paths.map((prefix) => ({
            matchers: [{ prefix }],
            ...(isCanaried
              ? { delegateAction: { ref: { name, namespace } } }
              : { routeAction: { single: { kube: { ref: { name, namespace }, port } } } }),
          })),
        },
      },
    },
  ],
} as const satisfies Mesh;
