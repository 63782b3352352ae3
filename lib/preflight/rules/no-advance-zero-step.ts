import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'no-advance-zero-step',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: 'The definition takes stepWeight: 0 and iterations: 0, but Flagger advances only by a step above zero. The rollout starts its analysis at every check, calls its pre-rollout hooks again each time, and never ends.',
  cause: 'Flagger advances only by a step above zero',
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler.go (nextStepWeight, advanceCanary)'],
  codes: ['NO_ADVANCE_ZERO_STEP'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    if (canary.skipAnalysis || canary.isKubernetes || analysis.strategy !== 'canary' || analysis.stepWeights) return;
    const field = typeof analysis.raw.iterations === 'number' ? 'iterations' : 'stepWeight';
    const value = analysis.raw[field];
    if (typeof value !== 'number' || value > 0) return;
    report(canary, {
      pointer: `${canary.analysisPointer}/${field}`,
      message: `${field} of Canary "${canary.name}" is ${value}: the analysis starts again at every check and never advances`,
      fix: field === 'iterations' ? 'set iterations to 1 or more' : 'set stepWeight to a percentage such as 10',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a step of 0',
        manifests: [deployment('frontend'), canary('frontend', { analysis: { stepWeight: 0 } })],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/stepWeight',
            message:
              'stepWeight of Canary "frontend" is 0: the analysis starts again at every check and never advances',
          },
        ],
      },
      {
        name: 'no iterations',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { stepWeight: undefined, maxWeight: undefined, iterations: 0 } }),
        ],
        expect: [{ object: 'Canary shop/frontend', pointer: '/spec/analysis/iterations' }],
      },
    ],
    good: [
      { name: 'a step of 10', manifests: [deployment('frontend'), canary('frontend')] },
      {
        name: 'nothing is analysed',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { stepWeight: 0 }, spec: { skipAnalysis: true } }),
        ],
      },
    ],
  }),
});
