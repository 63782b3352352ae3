import { canary, deployment } from '../case-manifests';
import { isFlaggerOlder } from '../flagger-version';
import { rule } from '../rule';

export default rule({
  id: 'analysis-nil-panic',
  severity: 'error',
  effect: 'rejected',
  since: '0.1.0',
  why: 'The schema of Canary requires spec.analysis, even with skipAnalysis; the old name canaryAnalysis does not satisfy it. Where an old schema lets such a Canary pass, Flagger reads a field of the missing analysis and crashes, for every Canary of the cluster.',
  cause: 'the schema of Canary requires spec.analysis, and Flagger crashes where it is missing',
  source: [
    'fluxcd/flagger v1.44 artifacts/flagger/crd.yaml',
    'fluxcd/flagger v1.44 pkg/controller/controller.go (verifySessionAffinity)',
  ],
  codes: ['ANALYSIS_NIL_PANIC'],
  each: 'canary',
  check(canary, report, world) {
    if (canary.spec.analysis !== undefined && canary.spec.analysis !== null) return;
    const isOld = canary.spec.canaryAnalysis !== undefined;
    // That is how it was called before 1.0.
    if (isOld && isFlaggerOlder(world, '1.0')) return;
    report(canary, {
      pointer: isOld ? '/spec/canaryAnalysis' : '/spec',
      message: isOld
        ? `Canary "${canary.name}" has canaryAnalysis, the old name, and no spec.analysis`
        : `Canary "${canary.name}" has no spec.analysis`,
      fix: isOld
        ? `rename canaryAnalysis to analysis in the spec of Canary "${canary.name}"`
        : `add analysis: {interval: 1m, threshold: 5, stepWeight: 10, maxWeight: 50} to the spec of Canary "${canary.name}"`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'the old name',
        manifests: [
          deployment('cart'),
          canary('cart', { spec: { analysis: undefined, canaryAnalysis: { interval: '1m', threshold: 5 } } }),
        ],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/canaryAnalysis',
            message: 'Canary "cart" has canaryAnalysis, the old name, and no spec.analysis',
          },
        ],
      },
      {
        name: 'no analysis, as it is skipped',
        manifests: [deployment('cart'), canary('cart', { spec: { analysis: undefined, skipAnalysis: true } })],
        expect: [{ object: 'Canary shop/cart', pointer: '/spec' }],
      },
    ],
    good: [{ name: 'an analysis', manifests: [deployment('cart'), canary('cart')] }],
  }),
});
