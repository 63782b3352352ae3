import type { EntranceRoute, Mesh } from './mesh';

/** ingress-nginx: Flagger copies the Ingress of the service and weighs the copy. @see fluxcd/flagger v1.44 pkg/router/ingress.go */
export default {
  id: 'nginx',
  title: 'ingress-nginx, already installed',
  provider: 'nginx',
  builtinMetrics: true,
  namespaceLabels: {},
  installs: 'nothing',
  isAmbient: false,
  exposesBy: 'entrance',
  authorizes: 'nothing',
  entrance: ({ name, namespace, port, protocol, hosts, paths }: EntranceRoute) => [
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: {
        name,
        namespace,
        // @see kubernetes/ingress-nginx 1.13 docs/examples/grpc
        ...(protocol === 'grpc' && { annotations: { 'nginx.ingress.kubernetes.io/backend-protocol': 'GRPC' } }),
      },
      spec: {
        ingressClassName: 'nginx',
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
