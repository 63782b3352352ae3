import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'session-skews-weights',
  severity: 'info',
  effect: 'wrong',
  since: '0.1.0',
  why: 'A user who once met the canary stays there, while new ones are still split by weight: over time the canary has a larger share than its weight says.',
  cause: 'users stay on the canary and new ones are added',
  source: ['fluxcd/flagger v1.44 docs/gitbook/usage/deployment-strategies.md (Canary Release with Session Affinity)'],
  codes: ['SESSION_SKEWS_WEIGHTS'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    if (
      !analysis.sessionAffinity ||
      analysis.sessionAffinity.primaryCookieName ||
      analysis.strategy !== 'canary' ||
      analysis.weightsPercent.length < 2
    )
      return;
    report(canary, {
      pointer: `${canary.analysisPointer}/sessionAffinity`,
      message: `users of Canary "${canary.name}" who met the canary stay there: its share grows above its weights`,
      fix: 'add primaryCookieName, so that users of the primary stay as well',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'no cookie for the primary',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { sessionAffinity: { cookieName: 'side' } } }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/sessionAffinity',
            message: 'users of Canary "frontend" who met the canary stay there: its share grows above its weights',
          },
        ],
      },
    ],
    good: [
      {
        name: 'both cookies',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { sessionAffinity: { cookieName: 'side', primaryCookieName: 'main' } } }),
        ],
      },
    ],
  }),
});
