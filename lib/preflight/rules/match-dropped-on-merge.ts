import { isFields, listAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'match-dropped-on-merge',
  severity: 'error',
  effect: 'wrong',
  since: '0.1.0',
  why: "When both service.match and analysis.match are given, Flagger merges them for Istio and keeps of the analysis' matches only headers and source labels. A match of query parameters alone disappears, and every request that service.match admits goes to the canary.",
  cause: 'the merge keeps headers and source labels only',
  source: ['fluxcd/flagger v1.44 pkg/router/istio.go (mergeMatchConditions)'],
  codes: ['MATCH_DROPPED_ON_MERGE'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    if (!canary.isIstio || listAt(canary.service, 'match').length === 0) return;
    for (const [index, match] of analysis.match.entries()) {
      if (!isFields(match.queryParams) || isFields(match.headers) || isFields(match.sourceLabels)) continue;
      report(canary, {
        pointer: `${canary.analysisPointer}/match/${index}/queryParams`,
        message: `match ${index} of Canary "${canary.name}" is by query parameters, which Flagger drops beside service.match: all requests go to the canary`,
        fix: 'match a header instead, or remove service.match',
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'query parameters beside service.match',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            service: { match: [{ uri: { prefix: '/' } }] },
            analysis: {
              stepWeight: undefined,
              maxWeight: undefined,
              iterations: 5,
              match: [{ queryParams: { v: { exact: '2' } } }],
            },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/match/0/queryParams',
            message:
              'match 0 of Canary "frontend" is by query parameters, which Flagger drops beside service.match: all requests go to the canary',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a header',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            service: { match: [{ uri: { prefix: '/' } }] },
            analysis: {
              stepWeight: undefined,
              maxWeight: undefined,
              iterations: 5,
              match: [{ headers: { v: { exact: '2' } } }],
            },
          }),
        ],
      },
    ],
  }),
});
