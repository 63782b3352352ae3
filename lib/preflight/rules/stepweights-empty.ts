import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'stepweights-empty',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: 'An empty list satisfies the definition, and leaves Flagger without a next weight: the analysis starts again at every check and never ends.',
  cause: 'an empty list has no next weight',
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler.go (nextStepWeight)'],
  codes: ['STEPWEIGHTS_EMPTY'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    if (analysis.stepWeights?.length !== 0 || analysis.stepWeight > 0 || analysis.strategy !== 'canary') return;
    report(canary, {
      pointer: `${canary.analysisPointer}/stepWeights`,
      message: `stepWeights of Canary "${canary.name}" is an empty list: the rollout never advances`,
      fix: 'list the weights, such as [5, 20, 50], or use stepWeight',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'an empty list',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { stepWeight: undefined, maxWeight: undefined, stepWeights: [] } }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/stepWeights',
            message: 'stepWeights of Canary "frontend" is an empty list: the rollout never advances',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a list',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { stepWeight: undefined, maxWeight: undefined, stepWeights: [50] } }),
        ],
      },
    ],
  }),
});
