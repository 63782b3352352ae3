import { fieldsAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'match-header-case',
  severity: 'info',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Istio asks for the names of headers in lower case, with hyphens between the words. Envoy lowers capital letters itself, so they work there; other data planes and a name with underscores, which proxies on the way may drop, need not.',
  cause: 'Istio asks for header names in lower case, with hyphens',
  source: [
    'fluxcd/flagger v1.44 docs/gitbook/usage/deployment-strategies.md (A/B Testing)',
    'istio/api 1.31 networking/v1alpha3/virtual_service.proto (HTTPMatchRequest.headers)',
    'envoyproxy/envoy v1.35 source/common/http/header_utility.h (HeaderData)',
  ],
  codes: ['MATCH_HEADER_CASE'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    if (!canary.isIstio) return;
    for (const [index, match] of analysis.match.entries()) {
      for (const header of Object.keys(fieldsAt(match, 'headers'))) {
        const plain = header.toLowerCase().replaceAll('_', '-');
        if (header === plain) continue;
        report(canary, {
          pointer: `${canary.analysisPointer}/match/${index}/headers/${header}`,
          message: `match ${index} of Canary "${canary.name}" names the header "${header}", and Istio asks for lower case with hyphens`,
          fix: `write "${plain}"`,
        });
      }
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'capital letters',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              stepWeight: undefined,
              maxWeight: undefined,
              iterations: 5,
              match: [{ headers: { 'X-Canary': { exact: 'yes' } } }],
            },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/match/0/headers/X-Canary',
            message:
              'match 0 of Canary "frontend" names the header "X-Canary", and Istio asks for lower case with hyphens',
          },
        ],
      },
    ],
    good: [
      {
        name: 'lower case',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              stepWeight: undefined,
              maxWeight: undefined,
              iterations: 5,
              match: [{ headers: { 'x-canary': { exact: 'yes' } } }],
            },
          }),
        ],
      },
    ],
  }),
});
