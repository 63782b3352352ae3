import type { Mesh } from './mesh';

/**
 * Istio that somebody else runs (Cloud Service Mesh and the like): nothing of it is installed. Its counters go to the operator's own
 * monitoring, where Flagger's queries find none: checks of one's own are needed. @see cloud.google.com/service-mesh docs, managed control plane: metrics
 */
export default {
  id: 'istio-managed',
  title: 'Istio run by somebody else',
  provider: 'istio',
  builtinMetrics: false,
  namespaceLabels: { 'istio.io/rev': 'asm-managed' },
  installs: 'nothing',
  isAmbient: false,
  exposesBy: 'VirtualService',
  authorizes: 'istio',
  // The control plane is Google's, and the proxies get their identity from the metadata server.
  proxies: { controlPlane: [{ who: 'the managed control plane', ports: [443] }], metricsPort: 15020 },
} as const satisfies Mesh;
