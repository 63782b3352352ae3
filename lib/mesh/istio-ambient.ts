import { ISTIO_PROXIES, type Mesh } from './mesh';

/** ztunnel counts TCP only; a waypoint reports as `waypoint`. @see istio/istio 1.31 tests/integration/ambient/baseline_test.go (reporter="waypoint") */
export default {
  id: 'istio-ambient',
  title: 'Istio ambient with a waypoint',
  provider: 'gatewayapi:v1',
  reporter: 'waypoint',
  builtinMetrics: false,
  namespaceLabels: {
    'istio.io/dataplane-mode': 'ambient',
    'istio.io/use-waypoint': 'waypoint',
    // Else a gateway sends straight to the pods: nobody counts what it sends, and no policy of the waypoint holds for it.
    // @see istio/istio 1.31 pilot/pkg/serviceregistry/ambient/services.go (ingressUseWaypointFromLabels)
    'istio.io/ingress-use-waypoint': 'true',
  },
  installs: 'istio',
  isAmbient: true,
  exposesBy: 'HTTPRoute',
  authorizes: 'istio',
  proxies: {
    ...ISTIO_PROXIES,
    // HBONE: ztunnel and waypoint reach pods here. @see istio.io 1.31 ops/deployment/application-requirements
    tunnelPort: 15008,
    // ztunnel knows the node's probes by it. @see istio.io 1.31 ambient/usage/networkpolicy
    probesFrom: '169.254.7.127/32',
  },
} as const satisfies Mesh;
