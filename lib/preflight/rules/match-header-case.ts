import { fieldsAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'match-header-case',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Istio compares the names of headers in lower case, with hyphens. A name with capital letters or underscores in a match never matches, so nobody reaches the canary.',
  cause: 'Istio compares header names in lower case',
  source: [
    'docs.flagger.app usage/deployment-strategies (A/B testing)',
    'istio.io reference VirtualService HTTPMatchRequest.headers',
  ],
  codes: ['MATCH_HEADER_CASE'],
  check(world, report) {
    for (const canary of world.canaries()) {
      const { analysis } = canary;
      if (!canary.isIstio) continue;
      for (const [index, match] of analysis.match.entries()) {
        for (const header of Object.keys(fieldsAt(match, 'headers'))) {
          const plain = header.toLowerCase().replaceAll('_', '-');
          if (header === plain) continue;
          report(canary, {
            pointer: `${canary.analysisPointer}/match/${index}/headers/${header}`,
            message: `match ${index} of Canary "${canary.name}" names the header "${header}": Istio never finds it`,
            fix: `write "${plain}"`,
          });
        }
      }
    }
  },
  cases: {
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
            message: 'match 0 of Canary "frontend" names the header "X-Canary": Istio never finds it',
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
  },
});
