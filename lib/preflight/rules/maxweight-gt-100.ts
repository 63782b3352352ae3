import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'maxweight-gt-100',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: "The canary's weight is clamped at 100, and Flagger promotes when it reaches maxWeight. Above 100 that never happens: the event `Advance … canary weight 100` repeats for ever with all traffic on the canary.",
  cause: 'the weight ends at 100, and the promotion waits for maxWeight',
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler.go (runCanary)'],
  codes: ['MAXWEIGHT_GT_100'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    const maxWeight = analysis.raw.maxWeight;
    if (
      analysis.strategy !== 'canary' ||
      analysis.stepWeights?.length ||
      typeof maxWeight !== 'number' ||
      maxWeight <= 100
    )
      return;
    report(canary, {
      pointer: `${canary.analysisPointer}/maxWeight`,
      message: `maxWeight of Canary "${canary.name}" is ${maxWeight}: the weight ends at 100 and is never promoted`,
      fix: 'set maxWeight to at most 100, such as 50',
    });
  },
  cases: () => ({
    bad: [
      {
        name: '150',
        manifests: [deployment('frontend'), canary('frontend', { analysis: { maxWeight: 150 } })],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/maxWeight',
            message: 'maxWeight of Canary "frontend" is 150: the weight ends at 100 and is never promoted',
          },
        ],
      },
    ],
    good: [{ name: '100', manifests: [deployment('frontend'), canary('frontend', { analysis: { maxWeight: 100 } })] }],
  }),
});
