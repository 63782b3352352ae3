import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'mirrorweight-gwapi',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Only Istio knows how much to mirror. On the Gateway API mirrorWeight is not read, and every request is copied.',
  cause: 'mirrorWeight is read for Istio only',
  source: [
    'fluxcd/flagger v1.44 pkg/router/istio.go (SetRoutes)',
    'fluxcd/flagger v1.44 pkg/router/gateway_api.go (SetRoutes)',
  ],
  codes: ['MIRRORWEIGHT_GWAPI'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    const { mirrorWeight } = analysis.raw;
    if (canary.isIstio || !analysis.mirror || typeof mirrorWeight !== 'number') return;
    report(canary, {
      pointer: `${canary.analysisPointer}/mirrorWeight`,
      message: `mirrorWeight ${mirrorWeight} of Canary "${canary.name}" is not read by the provider ${canary.provider.value}: every request is mirrored`,
      edits: [{ value: undefined }],
      fix: 'remove mirrorWeight',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'Gateway API',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            service: { gatewayRefs: [{ name: 'gw' }] },
            analysis: { stepWeight: undefined, maxWeight: undefined, iterations: 5, mirror: true, mirrorWeight: 10 },
            spec: { provider: 'gatewayapi:v1' },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/mirrorWeight',
            message:
              'mirrorWeight 10 of Canary "frontend" is not read by the provider gatewayapi:v1: every request is mirrored',
          },
        ],
      },
    ],
    good: [
      {
        name: 'Istio',
        manifests: [deployment('frontend'), canary('frontend', { analysis: { mirror: true, mirrorWeight: 10 } })],
      },
    ],
  }),
});
