import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'stepweights-not-increasing',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: 'Flagger takes the difference of the next weight and the present one as the next step, and advances only by a step above zero. A list that repeats or falls (and a first weight of 0) has a step of zero or less: the rollout stays at that weight for ever, the analysis repeats, and nothing is promoted or rolled back.',
  cause: 'Flagger advances only when the next weight is greater than the present one',
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler.go (nextStepWeight, advanceCanary)'],
  codes: ['STEPWEIGHTS_NOT_INCREASING'],
  each: 'canary',
  check(canary, report) {
    const { stepWeights, stepWeight, strategy } = canary.analysis;
    if (!stepWeights || stepWeight > 0 || strategy !== 'canary') return;
    const index = stepWeights.findIndex((weight, position) => weight <= (stepWeights[position - 1] ?? 0));
    if (index < 0) return;
    const before = stepWeights[index - 1] ?? 0;
    report(canary, {
      pointer: `${canary.analysisPointer}/stepWeights/${index}`,
      message: `the weights of Canary "${canary.name}" [${stepWeights.join(', ')}] do not grow: ${stepWeights[index]} comes after ${before}, and the rollout stays at ${before} % for ever`,
      fix: `write weights that grow from each to the next, between 1 and 100, such as [${
        [...new Set(stepWeights)]
          .filter((weight) => weight > 0)
          .sort((a, b) => a - b)
          .join(', ') || '10, 25, 50'
      }]`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a weight repeats',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: { stepWeight: undefined, maxWeight: undefined, stepWeights: [10, 10, 50] },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/stepWeights/1',
            message:
              'the weights of Canary "frontend" [10, 10, 50] do not grow: 10 comes after 10, and the rollout stays at 10 % for ever',
          },
        ],
      },
      {
        name: 'the first weight is 0',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { stepWeight: undefined, stepWeights: [0, 50] } }),
        ],
        expect: [{ object: 'Canary shop/frontend', pointer: '/spec/analysis/stepWeights/0' }],
      },
    ],
    good: [
      {
        name: 'weights that grow',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { stepWeight: undefined, stepWeights: [5, 10, 50] } }),
        ],
      },
      {
        name: 'iterations count, weights do not',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { stepWeight: undefined, iterations: 5, stepWeights: [10, 10] } }),
        ],
      },
    ],
  }),
});
