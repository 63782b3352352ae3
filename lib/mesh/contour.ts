import type { EntranceRoute, Mesh } from './mesh';

/** Contour: an HTTPProxy for each host includes the one that Flagger writes. @see fluxcd/flagger v1.44 pkg/router/contour.go */
export default {
  id: 'contour',
  title: 'Contour, already installed',
  provider: 'contour',
  builtinMetrics: true,
  namespaceLabels: {},
  installs: 'nothing',
  isAmbient: false,
  exposesBy: 'entrance',
  authorizes: 'nothing',
  entrance: ({ name, namespace, port, protocol, hosts, paths, isCanaried }: EntranceRoute) =>
    hosts.map((fqdn, index) => ({
      apiVersion: 'projectcontour.io/v1',
      kind: 'HTTPProxy',
      metadata: { name: `${name}-host${index === 0 ? '' : `-${index + 1}`}`, namespace },
      spec: {
        virtualhost: { fqdn },
        ...(isCanaried
          ? { includes: paths.map((prefix) => ({ name, namespace, conditions: [{ prefix }] })) }
          : {
              routes: paths.map((prefix) => ({
                conditions: [{ prefix }],
                services: [{ name, port, ...(protocol === 'grpc' && { protocol: 'h2c' }) }],
              })),
            }),
      },
    })),
} as const satisfies Mesh;
