import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'maxweight-ignored',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Beside stepWeights, Flagger takes the last of them as the maximum and never reads maxWeight: users may get more of the canary than somebody thought.',
  cause: 'the last of stepWeights is the maximum',
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler.go (maxWeight)'],
  codes: ['MAXWEIGHT_IGNORED'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    const { stepWeights } = analysis;
    const last = stepWeights?.at(-1);
    if (last === undefined || analysis.raw.maxWeight === undefined) return;
    report(canary, {
      pointer: `${canary.analysisPointer}/maxWeight`,
      message: `maxWeight ${analysis.raw.maxWeight} of Canary "${canary.name}" is not read: stepWeights end at ${last}`,
      fix: 'remove maxWeight, and end stepWeights where the canary shall end',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'both',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { stepWeight: undefined, stepWeights: [10, 60] } }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/maxWeight',
            message: 'maxWeight 50 of Canary "frontend" is not read: stepWeights end at 60',
          },
        ],
      },
    ],
    good: [
      {
        name: 'weights alone',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { stepWeight: undefined, maxWeight: undefined, stepWeights: [10, 60] } }),
        ],
      },
    ],
  }),
});
