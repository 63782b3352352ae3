import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'threshold-cumulative',
  severity: 'info',
  effect: 'fails',
  since: '0.1.0',
  why: 'Failed checks are counted over the whole rollout and never taken back by good ones. A long rollout with a small threshold is rolled back by a few unlucky checks hours apart.',
  cause: 'failed checks add up over the whole rollout',
  source: [
    'fluxcd/flagger v1.44 pkg/canary/status.go (SetStatusFailedChecks)',
    'fluxcd/flagger v1.44 pkg/controller/scheduler.go',
  ],
  codes: ['THRESHOLD_CUMULATIVE'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    if (canary.skipAnalysis || canary.metrics.length === 0) return;
    const checks = analysis.strategy === 'canary' ? analysis.weightsPercent.length : analysis.iterations;
    if (checks < 20 || analysis.threshold * 20 > checks) return;
    report(canary, {
      pointer: `${canary.analysisPointer}/threshold`,
      message: `Canary "${canary.name}" makes ${checks} checks and is rolled back by ${analysis.threshold} failed ${analysis.threshold === 1 ? 'one' : 'ones'}, however far apart`,
      edits: [{ value: Math.ceil(checks / 10) }],
      fix: `raise threshold to ${Math.ceil(checks / 10)}, or take larger steps`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'one in 100',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { stepWeight: 1, maxWeight: 100, threshold: 1 } }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/threshold',
            message: 'Canary "frontend" makes 100 checks and is rolled back by 1 failed one, however far apart',
          },
        ],
      },
    ],
    good: [{ name: 'five in five', manifests: [deployment('frontend'), canary('frontend')] }],
  }),
});
