import type { Mesh } from './mesh';

/** ztunnel counts TCP only; a waypoint reports as `waypoint`. @see istio/istio 1.31 tests/integration/ambient/baseline_test.go (reporter="waypoint") */
export default {
  id: 'istio-ambient',
  title: 'Istio ambient with a waypoint',
  provider: 'gatewayapi:v1',
  reporter: 'waypoint',
  builtinMetrics: false,
  namespaceLabels: { 'istio.io/dataplane-mode': 'ambient', 'istio.io/use-waypoint': 'waypoint' },
  installs: 'istio',
  isAmbient: true,
  exposesBy: 'HTTPRoute',
} as const satisfies Mesh;
