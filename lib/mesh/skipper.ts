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
  authorizes: 'nothing',
  entrance: ({ name, namespace, port, hosts, paths }: EntranceRoute) => [
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      // Skipper reads the annotation. @see zalando/skipper docs/kubernetes/ingress-controller.md
      metadata: { name, namespace, annotations: { 'kubernetes.io/ingress.class': 'skipper' } },
      spec: {
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
