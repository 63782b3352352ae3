import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'gwapi-no-refs',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: 'On the Gateway API a route needs a parent. Without gatewayRefs Flagger makes none and stays Initializing.',
  cause: 'an HTTPRoute needs a parent',
  source: ['fluxcd/flagger v1.44 pkg/router/gateway_api.go (Reconcile)'],
  codes: ['GWAPI_NO_REFS'],
  each: 'canary',
  check(canary, report) {
    if (!canary.isGatewayApi || canary.gatewayRefs.length > 0) return;
    report(canary, {
      pointer: '/spec/service',
      message: `Canary "${canary.name}" has the provider ${canary.provider.value} and no gatewayRefs`,
      fix: 'add service.gatewayRefs with the Gateway, or for callers inside {group: "", kind: Service, name, port}',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'none',
        manifests: [deployment('frontend'), canary('frontend', { spec: { provider: 'gatewayapi:v1' } })],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/service',
            message: 'Canary "frontend" has the provider gatewayapi:v1 and no gatewayRefs',
          },
        ],
      },
    ],
    good: [
      {
        name: 'one',
        manifests: [
          deployment('frontend'),
          canary('frontend', { service: { gatewayRefs: [{ name: 'gw' }] }, spec: { provider: 'gatewayapi:v1' } }),
        ],
      },
    ],
  }),
});
