import { isFields, textAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const kept = (more: object) => [
  deployment('frontend'),
  canary('frontend', { analysis: { sessionAffinity: { cookieName: 'side', ...more } } }),
];

export default rule({
  id: 'session-cookie-path',
  severity: 'info',
  effect: 'wrong',
  since: '0.3.0',
  why: 'Flagger answers a request that met the canary with a cookie. Without a path a browser sends that cookie back only below the folder of the request that set it: who met the canary at /cart/items is a stranger at /, and changes sides with each part of the site.',
  cause: 'a cookie without a path is sent back only below the folder of the request that set it',
  source: [
    'fluxcd/flagger v1.44 pkg/apis/flagger/v1beta1/canary.go (BuildCookie)',
    'RFC 6265 section 5.1.4 (default-path)',
    'fluxcd/flagger issue 1339',
  ],
  codes: [],
  each: 'canary',
  check(canary, report) {
    const affinity = canary.analysis.raw.sessionAffinity;
    if (!canary.analysis.sessionAffinity || !isFields(affinity) || textAt(affinity, 'path')) return;
    report(canary, {
      pointer: `${canary.analysisPointer}/sessionAffinity`,
      message: `the cookie of Canary "${canary.name}" has no path: users keep their side only below the folder in which they met it`,
      edits: [{ pointer: `${canary.analysisPointer}/sessionAffinity/path`, value: '/' }],
      fix: 'add path: / to sessionAffinity',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'no path',
        manifests: kept({}),
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/sessionAffinity',
            message:
              'the cookie of Canary "frontend" has no path: users keep their side only below the folder in which they met it',
          },
        ],
      },
    ],
    good: [{ name: 'the whole site', manifests: kept({ path: '/' }) }],
  }),
});
