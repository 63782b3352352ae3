import { ISTIO_PROXIES, type Mesh } from './mesh';

/** `gatewayapi:*` asks for the application's own `http_request_duration_seconds`, so Istio's counters need templates. @see fluxcd/flagger v1.44 pkg/metrics/observers/factory.go, http.go */
export default {
  id: 'istio-gateway-api',
  title: 'Istio with sidecars, routed by the Gateway API',
  provider: 'gatewayapi:v1',
  reporter: 'destination',
  builtinMetrics: false,
  namespaceLabels: { 'istio-injection': 'enabled' },
  installs: 'istio',
  isAmbient: false,
  exposesBy: 'HTTPRoute',
  authorizes: 'istio',
  proxies: ISTIO_PROXIES,
} as const satisfies Mesh;
