import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'mirror-unsupported',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Only Istio and the Gateway API can copy requests. Elsewhere mirror does nothing, and the canary is judged without the traffic that was meant for it.',
  cause: 'this provider cannot mirror',
  source: [
    'fluxcd/flagger v1.44 docs/gitbook/usage/deployment-strategies.md (Blue/Green with Traffic Mirroring)',
    'fluxcd/flagger v1.44 pkg/router/gateway_api.go (SetRoutes)',
  ],
  codes: ['MIRROR_UNSUPPORTED'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    if (!analysis.mirror || canary.isIstio || canary.isGatewayApi) return;
    report(canary, {
      pointer: `${canary.analysisPointer}/mirror`,
      message: `Canary "${canary.name}" mirrors, which the provider ${canary.provider.value} cannot do`,
      fix: 'remove mirror, or use Istio or the Gateway API',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'NGINX',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: { stepWeight: undefined, maxWeight: undefined, iterations: 5, mirror: true },
            spec: { provider: 'nginx' },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/mirror',
            message: 'Canary "frontend" mirrors, which the provider nginx cannot do',
          },
        ],
      },
    ],
    good: [{ name: 'Istio', manifests: [deployment('frontend'), canary('frontend', { analysis: { mirror: true } })] }],
  }),
});
