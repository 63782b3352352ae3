import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'tcp-mirror',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: "Istio cannot mirror TCP, and Flagger's TCP routes leave the mirror out: the rollout waits for it at weight 0 for ever.",
  cause: 'TCP routes have no mirror',
  source: ['fluxcd/flagger v1.44 pkg/router/istio.go (SetRoutes, TCP)'],
  codes: ['TCP_MIRROR'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    if (!analysis.mirror || !canary.isTcpToFlagger || analysis.strategy !== 'canary') return;
    report(canary, {
      pointer: `${canary.analysisPointer}/mirror`,
      message: `Canary "${canary.name}" mirrors TCP connections: it stays at weight 0 for ever`,
      fix: 'remove mirror',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'appProtocol tcp',
        manifests: [
          deployment('frontend'),
          canary('frontend', { service: { appProtocol: 'tcp' }, analysis: { mirror: true } }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/mirror',
            message: 'Canary "frontend" mirrors TCP connections: it stays at weight 0 for ever',
          },
        ],
      },
    ],
    good: [
      {
        name: 'HTTP',
        manifests: [
          deployment('frontend'),
          canary('frontend', { service: { appProtocol: 'http' }, analysis: { mirror: true } }),
        ],
      },
    ],
  }),
});
