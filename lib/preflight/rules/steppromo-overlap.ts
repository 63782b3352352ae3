import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'steppromo-overlap',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: "stepWeightPromotion moves traffic back to the promoted primary. Below zero the primary's weight shrinks, and the promotion never ends; above 100 the first step already moves everything.",
  cause: "the step is added to the primary's weight until that is 100",
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler.go (runPromotionTrafficShift)'],
  codes: ['STEPPROMO_OVERLAP'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    const step = analysis.raw.stepWeightPromotion;
    if (typeof step !== 'number' || (step >= 0 && step <= 100)) return;
    report(canary, {
      pointer: `${canary.analysisPointer}/stepWeightPromotion`,
      severity: step < 0 ? 'error' : 'warning',
      message: `stepWeightPromotion ${step} of Canary "${canary.name}" ${step < 0 ? 'takes traffic from the promoted primary: the promotion never ends' : 'is more than all traffic'}`,
      fix: 'set stepWeightPromotion to 1 to 100, or remove it to move everything at once',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'negative',
        manifests: [deployment('frontend'), canary('frontend', { analysis: { stepWeightPromotion: -10 } })],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/stepWeightPromotion',
            message:
              'stepWeightPromotion -10 of Canary "frontend" takes traffic from the promoted primary: the promotion never ends',
          },
        ],
      },
    ],
    good: [
      {
        name: '20',
        manifests: [deployment('frontend'), canary('frontend', { analysis: { stepWeightPromotion: 20 } })],
      },
    ],
  }),
});
