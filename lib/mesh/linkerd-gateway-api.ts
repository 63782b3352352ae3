import linkerd from './linkerd';
import type { Mesh } from './mesh';

/**
 * Linkerd without its extension linkerd-smi, which newer releases leave out: the proxies of the callers read HTTPRoutes whose parent is
 * the Service. For `gatewayapi:*` Flagger asks the application, so what the proxies count needs templates.
 * @see fluxcd/flagger v1.44 docs/gitbook/tutorials/linkerd-progressive-delivery.md, linkerd/linkerd2 edge-26.6 policy-controller/k8s/index/src/outbound (is_service)
 */
export default {
  ...linkerd,
  id: 'linkerd-gateway-api',
  title: 'Linkerd routed by the Gateway API, already installed',
  provider: 'gatewayapi:v1',
  builtinMetrics: false,
  queriesOf: 'linkerd',
} as const satisfies Mesh;
