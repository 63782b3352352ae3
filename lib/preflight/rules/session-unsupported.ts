import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'session-unsupported',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Only Istio and the Gateway API can keep a user on a side. Elsewhere sessionAffinity is not read.',
  cause: 'this provider has no session affinity',
  source: [
    'fluxcd/flagger v1.44 pkg/router/istio.go (getSessionAffinityRouteRules)',
    'fluxcd/flagger v1.44 pkg/router/gateway_api.go (getSessionAffinityRouteRules)',
  ],
  codes: ['SESSION_UNSUPPORTED'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    if (!analysis.sessionAffinity || canary.isIstio || canary.isGatewayApi) return;
    report(canary, {
      pointer: `${canary.analysisPointer}/sessionAffinity`,
      message: `Canary "${canary.name}" has session affinity, which the provider ${canary.provider.value} does not have`,
      fix: 'remove sessionAffinity, or use Istio or the Gateway API',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'Linkerd',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { sessionAffinity: { cookieName: 'side' } }, spec: { provider: 'linkerd' } }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/sessionAffinity',
            message: 'Canary "frontend" has session affinity, which the provider linkerd does not have',
          },
        ],
      },
    ],
    good: [
      {
        name: 'Istio',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { sessionAffinity: { cookieName: 'side' } } }),
        ],
      },
    ],
  }),
});
