import type { EntranceRoute, Mesh } from './mesh';

/** Skipper: Flagger copies the Ingress of the service and writes weights into both. @see fluxcd/flagger v1.44 pkg/router/skipper.go */
export default {
  id: 'skipper',
  title: 'Skipper, already installed',
  provider: 'skipper',
  builtinMetrics: true,
  namespaceLabels: {},
  installs: 'nothing',
  isAmbient: false,
  exposesBy: 'entrance',
  refusesGrpc: true,
  authorizes: 'nothing',
  entrance: ({ name, namespace, port, hosts, paths }: EntranceRoute) => [
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name, namespace },
      spec: {
        // @see zalando/skipper dataclients/kubernetes/clusterclient.go (filterIngressesV1ByClass)
        ingressClassName: 'skipper',
        rules: hosts.map((host) => ({
          host,
          http: {
            paths: paths.map((path) => ({
              path,
              pathType: 'Prefix',
              backend: { service: { name, port: { number: port } } },
            })),
          },
        })),
      },
    },
  ],
} as const satisfies Mesh;
