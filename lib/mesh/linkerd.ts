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
    // Prometheus Operator reads monitors only. Flagger's queries go by `deployment` and `namespace`, which the pod's labels tell.
    // @see linkerd/linkerd2 edge-26.6 charts/linkerd-control-plane/templates/podmonitor.yaml, linkerd.io 2.18 tasks/external-prometheus
    monitor: {
      name: 'linkerd-proxies',
      endpoint: {
        port: 'linkerd-admin',
        relabelings: [
          { action: 'keep', sourceLabels: ['__meta_kubernetes_pod_container_name'], regex: 'linkerd-proxy' },
          { action: 'replace', sourceLabels: ['__meta_kubernetes_namespace'], targetLabel: 'namespace' },
          { action: 'replace', sourceLabels: ['__meta_kubernetes_pod_name'], targetLabel: 'pod' },
          {
            action: 'labelmap',
            regex: '__meta_kubernetes_pod_label_linkerd_io_proxy_(deployment|daemonset|statefulset)',
          },
        ],
      },
    },
  },
} as const satisfies Mesh;
