import type { Mesh } from './mesh';

/**
 * Kuma (or Kong Mesh) with its TrafficRoutes, run by somebody else with its CNI plugin (pods are `restricted`). Sidecars count, and Flagger's
 * queries ask for the canary's Service. @see fluxcd/flagger v1.44 pkg/router/kuma.go, pkg/metrics/observers/kuma.go
 */
export default {
  id: 'kuma',
  title: 'Kuma with TrafficRoute, already installed',
  provider: 'kuma',
  builtinMetrics: true,
  namespaceLabels: { 'kuma.io/sidecar-injection': 'enabled' },
  installs: 'nothing',
  isAmbient: false,
  exposesBy: 'nothing',
  authorizes: 'nothing',
  // @see kuma.io 2.11 docs/introduction/kuma-requirements (ports)
  proxies: {
    controlPlane: [
      {
        who: 'the control plane of Kuma',
        namespace: 'kuma-system',
        labels: { app: 'kuma-control-plane' },
        ports: [5676, 5678],
      },
    ],
    metricsPort: 5670,
  },
} as const satisfies Mesh;
