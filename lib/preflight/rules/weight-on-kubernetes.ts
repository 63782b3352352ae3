import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'weight-on-kubernetes',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Without a mesh traffic cannot be weighed. Flagger warns at every check, counts ten iterations, and runs Blue/Green: other steps and another duration than the Canary says.',
  cause: 'provider kubernetes weighs nothing, and ten iterations stand in',
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler.go (advanceCanary)'],
  codes: ['WEIGHT_ON_KUBERNETES'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    if (!canary.isKubernetes || Number(analysis.raw.iterations ?? 0) > 0) return;
    const field = analysis.raw.stepWeights === undefined ? 'stepWeight' : 'stepWeights';
    if (analysis.raw[field] === undefined) return;
    report(canary, {
      pointer: `${canary.analysisPointer}/${field}`,
      message: `Canary "${canary.name}" has ${field} and the provider kubernetes: Flagger counts 10 iterations of Blue/Green instead`,
      fix: `replace ${field} by iterations, or use a mesh`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'steps',
        manifests: [deployment('frontend'), canary('frontend', { spec: { provider: 'kubernetes' } })],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/stepWeight',
            message:
              'Canary "frontend" has stepWeight and the provider kubernetes: Flagger counts 10 iterations of Blue/Green instead',
          },
        ],
      },
    ],
    good: [
      {
        name: 'iterations',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: { stepWeight: undefined, maxWeight: undefined, iterations: 5 },
            spec: { provider: 'kubernetes' },
          }),
        ],
      },
    ],
  }),
});
