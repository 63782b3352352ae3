import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'maxweight-default-100',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Without maxWeight the canary takes steps until it has all traffic before it is promoted: every user meets the new version while it is still being judged.',
  cause: 'without maxWeight the maximum is 100',
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler.go (maxWeight)'],
  codes: ['MAXWEIGHT_DEFAULT_100'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    if (
      analysis.strategy !== 'canary' ||
      analysis.stepWeight <= 0 ||
      analysis.stepWeights?.length ||
      Number(analysis.raw.maxWeight ?? 0) > 0
    )
      return;
    report(canary, {
      pointer: canary.analysisPointer,
      message: `Canary "${canary.name}" has no maxWeight: it goes up to 100 % of the traffic before it is promoted`,
      fix: 'add maxWeight, such as 50; write 100 if that is meant',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'no maximum',
        manifests: [deployment('frontend'), canary('frontend', { analysis: { maxWeight: undefined } })],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis',
            message: 'Canary "frontend" has no maxWeight: it goes up to 100 % of the traffic before it is promoted',
          },
        ],
      },
    ],
    good: [
      {
        name: '100 is written',
        manifests: [deployment('frontend'), canary('frontend', { analysis: { maxWeight: 100 } })],
      },
    ],
  }),
});
