import type { EntranceRoute, Mesh } from './mesh';

/** `Host` knows no wildcards. @see traefik/traefik v3.5 docs/content/routing/routers/index.md (Host and HostRegexp) */
const hostRule = (host: string): string =>
  host.startsWith('*.') ? `HostRegexp(\`^.+${host.slice(1).replaceAll('.', '\\.')}$\`)` : `Host(\`${host}\`)`;

/** Traefik: an IngressRoute leads to the TraefikService that Flagger writes. @see fluxcd/flagger v1.44 pkg/router/traefik.go */
export default {
  id: 'traefik',
  title: 'Traefik, already installed',
  provider: 'traefik',
  builtinMetrics: true,
  namespaceLabels: {},
  installs: 'nothing',
  isAmbient: false,
  exposesBy: 'entrance',
  authorizes: 'nothing',
  entrance: ({ name, namespace, port, protocol, hosts, paths, isCanaried }: EntranceRoute) => [
    {
      apiVersion: 'traefik.io/v1alpha1',
      kind: 'IngressRoute',
      metadata: { name, namespace },
      spec: {
        entryPoints: ['web'],
        routes: paths.map((prefix) => ({
          kind: 'Rule',
          match: `(${hosts.map(hostRule).join(' || ')})${prefix === '/' ? '' : ` && PathPrefix(\`${prefix}\`)`}`,
          services: [
            isCanaried
              ? { kind: 'TraefikService', name, port }
              : { name, port, ...(protocol === 'grpc' && { scheme: 'h2c' }) },
          ],
        })),
      },
    },
  ],
} as const satisfies Mesh;
