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
} as const satisfies Mesh;
