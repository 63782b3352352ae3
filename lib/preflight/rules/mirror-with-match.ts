import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'mirror-with-match',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: 'For an A/B match Flagger writes the HTTP routes anew after it has set the mirror, so the mirror is lost. With weights the rollout then waits for it at weight 0 for ever; with iterations nothing is mirrored.',
  cause: 'writing the match erases the mirror',
  source: ['fluxcd/flagger v1.44 pkg/router/istio.go (SetRoutes)'],
  codes: ['MIRROR_WITH_MATCH'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    if (!canary.isIstio || !analysis.mirror || analysis.match.length === 0) return;
    report(canary, {
      pointer: `${canary.analysisPointer}/mirror`,
      severity: analysis.strategy === 'canary' ? 'error' : 'warning',
      message: `Canary "${canary.name}" has both mirror and match: ${analysis.strategy === 'canary' ? 'it stays at weight 0 for ever' : 'nothing is mirrored'}`,
      fix: 'remove mirror or match',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'with weights',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { mirror: true, match: [{ headers: { a: { exact: 'b' } } }] } }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/mirror',
            message: 'Canary "frontend" has both mirror and match: it stays at weight 0 for ever',
          },
        ],
      },
    ],
    good: [
      { name: 'mirror alone', manifests: [deployment('frontend'), canary('frontend', { analysis: { mirror: true } })] },
    ],
  }),
});
