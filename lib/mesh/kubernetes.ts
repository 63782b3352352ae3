import type { Mesh } from './mesh';

/** No mesh: Blue/Green by switching the Service. @see fluxcd/flagger v1.44 pkg/router/nop.go */
export default {
  id: 'kubernetes',
  title: 'Kubernetes without a mesh',
  provider: 'kubernetes',
  builtinMetrics: false,
  namespaceLabels: {},
  installs: 'nothing',
  isAmbient: false,
  exposesBy: 'nothing',
  authorizes: 'nothing',
} as const satisfies Mesh;
