import { listAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'ab-on-kubernetes',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Without a mesh nothing can tell requests apart. Flagger drops the match, warns at every check, and runs Blue/Green instead.',
  cause: 'provider kubernetes routes nothing',
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler.go (advanceCanary)'],
  codes: ['AB_ON_KUBERNETES'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    if (!canary.isKubernetes || listAt(analysis.raw, 'match').length === 0) return;
    report(canary, {
      pointer: `${canary.analysisPointer}/match`,
      message: `Canary "${canary.name}" has a match and the provider kubernetes: Flagger drops it and runs Blue/Green`,
      fix: 'remove match, or use a mesh',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a match',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              stepWeight: undefined,
              maxWeight: undefined,
              iterations: 5,
              match: [{ headers: { a: { exact: 'b' } } }],
            },
            spec: { provider: 'kubernetes' },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/match',
            message: 'Canary "frontend" has a match and the provider kubernetes: Flagger drops it and runs Blue/Green',
          },
        ],
      },
    ],
    good: [
      {
        name: 'Blue/Green',
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
