import type { EntranceRoute, Mesh } from './mesh';

/** APISIX: Flagger copies the ApisixRoute of the service with weighted backends. @see fluxcd/flagger v1.44 pkg/router/apisix.go */
export default {
  id: 'apisix',
  title: 'APISIX, already installed',
  provider: 'apisix',
  builtinMetrics: true,
  namespaceLabels: {},
  installs: 'nothing',
  isAmbient: false,
  exposesBy: 'entrance',
  refusesGrpc: true,
  authorizes: 'nothing',
  entrance: ({ name, namespace, port, hosts, paths }: EntranceRoute) => [
    {
      apiVersion: 'apisix.apache.org/v2',
      kind: 'ApisixRoute',
      metadata: { name, namespace },
      spec: {
        http: [
          {
            name,
            match: {
              hosts: [...hosts],
              paths: paths.flatMap((path) => (path === '/' ? '/*' : [path, `${path.replace(/\/$/, '')}/*`])),
            },
            // Of several, Flagger takes the one that is the service. @see fluxcd/flagger v1.44 pkg/router/apisix.go (makeApisixRoute)
            backends: [{ serviceName: name, servicePort: port }],
            plugins: [{ name: 'prometheus', enable: true, config: { prefer_name: true } }],
          },
        ],
      },
    },
  ],
} as const satisfies Mesh;
