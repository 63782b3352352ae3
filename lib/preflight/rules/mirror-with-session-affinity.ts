import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'mirror-with-session-affinity',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: 'With session affinity Flagger sets the mirror on the first (sticky) route but reads it back from the last one that holds the canary. It never sees its own mirror, and the rollout stays at weight 0 for ever.',
  cause: 'the mirror is set on one route and read from another',
  source: ['fluxcd/flagger v1.44 pkg/router/istio.go (GetRoutes, SetRoutes, getSessionAffinityRouteRules)'],
  codes: ['MIRROR_WITH_SESSION_AFFINITY'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    if (!canary.isIstio || !analysis.mirror || !analysis.sessionAffinity || analysis.strategy !== 'canary') return;
    report(canary, {
      pointer: `${canary.analysisPointer}/mirror`,
      message: `Canary "${canary.name}" has both mirror and sessionAffinity: it stays at weight 0 for ever`,
      fix: 'remove mirror or sessionAffinity',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'both',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { mirror: true, sessionAffinity: { cookieName: 'side' } } }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/mirror',
            message: 'Canary "frontend" has both mirror and sessionAffinity: it stays at weight 0 for ever',
          },
        ],
      },
    ],
    good: [
      {
        name: 'affinity alone',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { sessionAffinity: { cookieName: 'side' } } }),
        ],
      },
    ],
  }),
});
