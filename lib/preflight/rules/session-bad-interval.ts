import { parseGoDuration } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'session-bad-interval',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: 'With a cookie for the primary Flagger computes its age from the interval, without the default that it uses elsewhere. An interval that Go cannot read stops every step.',
  cause: "the cookie's age is computed from the interval",
  source: ['fluxcd/flagger v1.44 pkg/router/istio.go (getSessionAffinityRouteRules)'],
  codes: ['SESSION_BAD_INTERVAL'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    const text = analysis.raw.interval;
    if (!analysis.sessionAffinity?.primaryCookieName || (typeof text === 'string' && parseGoDuration(text).ok)) return;
    report(canary, {
      pointer: `${canary.analysisPointer}/interval`,
      message: `the interval ${JSON.stringify(text ?? '')} of Canary "${canary.name}" cannot be read, and its primaryCookieName needs it: the routes are never set`,
      fix: 'write a duration such as 1m',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'not a duration',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: { interval: '1mm', sessionAffinity: { cookieName: 'side', primaryCookieName: 'main' } },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/interval',
            message:
              'the interval "1mm" of Canary "frontend" cannot be read, and its primaryCookieName needs it: the routes are never set',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a minute',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { sessionAffinity: { cookieName: 'side', primaryCookieName: 'main' } } }),
        ],
      },
    ],
  }),
});
