import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'session-cookie',
  severity: 'error',
  effect: 'rejected',
  since: '0.1.0',
  why: 'Two cookies keep users on their sides, one for the canary and one for the primary. With one name for both, or none, Flagger refuses the Canary in its log only and never acts on it.',
  cause: 'the two cookies need two names',
  source: ['fluxcd/flagger v1.44 pkg/controller/controller.go (verifySessionAffinity)'],
  codes: ['SESSION_COOKIE'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    const { sessionAffinity } = analysis;
    if (!sessionAffinity) return;
    const { cookieName, primaryCookieName } = sessionAffinity;
    if (cookieName !== undefined && cookieName !== '' && cookieName !== primaryCookieName) return;
    report(canary, {
      pointer: `${canary.analysisPointer}/sessionAffinity`,
      message: cookieName
        ? `both cookies of Canary "${canary.name}" are named "${cookieName}"`
        : `the session affinity of Canary "${canary.name}" has no cookieName`,
      fix: cookieName ? 'give primaryCookieName another name' : 'add cookieName, such as "shop-canary"',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'one name',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { sessionAffinity: { cookieName: 'side', primaryCookieName: 'side' } } }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/sessionAffinity',
            message: 'both cookies of Canary "frontend" are named "side"',
          },
        ],
      },
    ],
    good: [
      {
        name: 'two names',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { sessionAffinity: { cookieName: 'side', primaryCookieName: 'main' } } }),
        ],
      },
    ],
  }),
});
