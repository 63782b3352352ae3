import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'gwapi-mirror-with-weights',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: 'On the Gateway API Flagger sets the mirror only for iterations. With weights the routes never say that they mirror, so the rollout waits for that at weight 0 for ever.',
  cause: 'on the Gateway API the mirror is set for iterations only',
  source: [
    'fluxcd/flagger v1.44 pkg/router/gateway_api.go (SetRoutes)',
    'fluxcd/flagger v1.44 pkg/controller/scheduler.go (runCanary)',
  ],
  codes: ['GWAPI_MIRROR_WITH_WEIGHTS'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    if (!canary.isGatewayApi || !analysis.mirror || analysis.strategy !== 'canary') return;
    report(canary, {
      pointer: `${canary.analysisPointer}/mirror`,
      message: `Canary "${canary.name}" mirrors with weights on the Gateway API: it stays at weight 0 for ever`,
      fix: 'replace stepWeight and maxWeight by iterations, or remove mirror',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'weights',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            service: { gatewayRefs: [{ name: 'gw' }] },
            analysis: { mirror: true },
            spec: { provider: 'gatewayapi:v1' },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/mirror',
            message: 'Canary "frontend" mirrors with weights on the Gateway API: it stays at weight 0 for ever',
          },
        ],
      },
    ],
    good: [
      {
        name: 'iterations',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            service: { gatewayRefs: [{ name: 'gw' }] },
            analysis: { stepWeight: undefined, maxWeight: undefined, iterations: 5, mirror: true },
            spec: { provider: 'gatewayapi:v1' },
          }),
        ],
      },
    ],
  }),
});
