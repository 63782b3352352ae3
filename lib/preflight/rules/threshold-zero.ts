import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'threshold-zero',
  severity: 'warning',
  effect: 'fails',
  since: '0.1.0',
  why: 'A threshold of 0 or less counts as 1: the first failed check, such as a scrape that came late, rolls back.',
  cause: 'Flagger takes a threshold below 1 as 1',
  source: ['fluxcd/flagger v1.44 pkg/apis/flagger/v1beta1/canary.go (GetAnalysisThreshold)'],
  codes: ['THRESHOLD_ZERO'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    const { threshold } = analysis.raw;
    if (typeof threshold !== 'number' || threshold > 0) return;
    report(canary, {
      pointer: `${canary.analysisPointer}/threshold`,
      message: `threshold ${threshold} of Canary "${canary.name}" counts as 1: the first failed check rolls it back`,
      fix: 'set threshold to the failed checks that a rollout may have, such as 5',
    });
  },
  cases: () => ({
    bad: [
      {
        name: '0',
        manifests: [deployment('frontend'), canary('frontend', { analysis: { threshold: 0 } })],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/threshold',
            message: 'threshold 0 of Canary "frontend" counts as 1: the first failed check rolls it back',
          },
        ],
      },
    ],
    good: [{ name: '1', manifests: [deployment('frontend'), canary('frontend', { analysis: { threshold: 1 } })] }],
  }),
});
