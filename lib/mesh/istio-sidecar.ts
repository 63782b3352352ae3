import { ISTIO_PROXIES, type Mesh } from './mesh';

/** Only with sidecars and provider `istio` do Flagger's built-in queries find anything of Istio's. @see fluxcd/flagger v1.44 pkg/metrics/observers/istio.go */
export default {
  id: 'istio-sidecar',
  title: 'Istio with sidecars',
  provider: 'istio',
  reporter: 'destination',
  builtinMetrics: true,
  namespaceLabels: { 'istio-injection': 'enabled' },
  installs: 'istio',
  isAmbient: false,
  exposesBy: 'VirtualService',
  authorizes: 'istio',
  proxies: ISTIO_PROXIES,
} as const satisfies Mesh;
