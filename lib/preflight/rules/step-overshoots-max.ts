import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'step-overshoots-max',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Flagger adds whole steps: it goes on while the weight is below maxWeight, so the last step can end above it.',
  cause: 'Flagger adds whole steps until the maximum is reached or passed',
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler.go (runCanary)'],
  codes: ['STEP_OVERSHOOTS_MAX'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    const { stepWeight, maxWeight, weightsPercent } = analysis;
    const last = weightsPercent.at(-1);
    if (analysis.strategy !== 'canary' || stepWeight <= 0 || last === undefined || last <= maxWeight || maxWeight > 100)
      return;
    report(canary, {
      pointer: `${canary.analysisPointer}/maxWeight`,
      message: `Canary "${canary.name}" goes up to ${last} %, above its maxWeight of ${maxWeight}: steps of ${stepWeight} do not divide it`,
      ...(last <= 100 && { edits: [{ value: last }] }),
      fix: `set maxWeight to ${last}, or choose a stepWeight that divides ${maxWeight}`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'steps of 20 to 50',
        manifests: [deployment('frontend'), canary('frontend', { analysis: { stepWeight: 20 } })],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/maxWeight',
            message: 'Canary "frontend" goes up to 60 %, above its maxWeight of 50: steps of 20 do not divide it',
          },
        ],
      },
    ],
    good: [
      {
        name: 'steps of 25 to 50',
        manifests: [deployment('frontend'), canary('frontend', { analysis: { stepWeight: 25 } })],
      },
    ],
  }),
});
