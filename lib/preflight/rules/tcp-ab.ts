import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'tcp-ab',
  severity: 'error',
  effect: 'wrong',
  since: '0.1.0',
  why: "TCP connections have no headers: Flagger's TCP routes ignore the match, and an A/B test sets them to 0 and 100. All connections go to the canary for the whole test.",
  cause: 'TCP routes ignore the match',
  source: [
    'fluxcd/flagger v1.44 pkg/router/istio.go (SetRoutes, TCP)',
    'fluxcd/flagger v1.44 pkg/controller/scheduler.go (runAB)',
  ],
  codes: ['TCP_AB'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    if (!canary.isTcpToFlagger || analysis.strategy !== 'a/b') return;
    report(canary, {
      pointer: `${canary.analysisPointer}/match`,
      message: `Canary "${canary.name}" is an A/B test of TCP connections: all of them go to the canary`,
      fix: 'remove match; use iterations alone (Blue/Green)',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'appProtocol tcp',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            service: { appProtocol: 'tcp' },
            analysis: {
              stepWeight: undefined,
              maxWeight: undefined,
              iterations: 5,
              match: [{ headers: { a: { exact: 'b' } } }],
            },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/match',
            message: 'Canary "frontend" is an A/B test of TCP connections: all of them go to the canary',
          },
        ],
      },
    ],
    good: [
      {
        name: 'Blue/Green',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            service: { appProtocol: 'tcp' },
            analysis: { stepWeight: undefined, maxWeight: undefined, iterations: 5 },
          }),
        ],
      },
    ],
  }),
});
