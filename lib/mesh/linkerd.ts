import type { Mesh } from './mesh';

/**
 * Linkerd with its extension linkerd-smi, run by somebody else with its CNI plugin (pods are `restricted`). Its proxies class a gRPC call by its own status, so the built-in
 * queries see failed ones. @see fluxcd/flagger v1.44 pkg/router/smi.go, pkg/metrics/observers/linkerd.go
 */
export default {
  id: 'linkerd',
  title: 'Linkerd with TrafficSplit, already installed',
  provider: 'linkerd',
  builtinMetrics: true,
  namespaceLabels: {},
  namespaceAnnotations: { 'linkerd.io/inject': 'enabled' },
  installs: 'nothing',
  isAmbient: false,
  exposesBy: 'nothing',
  authorizes: 'linkerd',
  // @see linkerd.io 2.18 reference/proxy-configuration; charts linkerd-control-plane (identity, destination with policy)
  proxies: {
    controlPlane: [
      {
        who: "Linkerd's identity",
        namespace: 'linkerd',
        labels: { 'linkerd.io/control-plane-component': 'identity' },
        ports: [8080],
      },
      {
        who: "Linkerd's destination",
        namespace: 'linkerd',
        labels: { 'linkerd.io/control-plane-component': 'destination' },
        ports: [8086, 8090],
      },
    ],
    opaquePort: 4143,
    metricsPort: 4191,
  },
} as const satisfies Mesh;
