import { fieldsAt, isFields } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'gwapi-match-swallowed',
  severity: 'error',
  effect: 'wrong',
  since: '0.1.0',
  why: 'On the Gateway API only exact and regex matches of headers and query parameters exist. Flagger discards the error that a prefix, a suffix or source labels cause, and the route then has no match at all: all traffic goes to the canary.',
  cause: 'the Gateway API has no such match, and Flagger discards the error',
  source: ['fluxcd/flagger v1.44 pkg/router/gateway_api.go (mapRouteMatches)'],
  codes: ['GWAPI_MATCH_SWALLOWED'],
  each: 'canary',
  check(canary, report) {
    const { analysis } = canary;
    if (!canary.isGatewayApi) return;
    for (const [index, match] of analysis.match.entries()) {
      const lost = [...Object.entries(fieldsAt(match, 'headers')), ...Object.entries(fieldsAt(match, 'queryParams'))]
        .filter(([, value]) => isFields(value) && value.exact === undefined && value.regex === undefined)
        .map(([name]) => `"${name}"`);
      if (lost.length === 0 && isFields(match.sourceLabels) && !isFields(match.headers) && !isFields(match.queryParams))
        lost.push('sourceLabels');
      if (lost.length === 0) continue;
      report(canary, {
        pointer: `${canary.analysisPointer}/match/${index}`,
        message: `match ${index} of Canary "${canary.name}" (${lost.join(', ')}) cannot be said on the Gateway API: Flagger drops it, and all traffic goes to the canary`,
        fix: 'match headers or query parameters by exact or regex',
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a prefix',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            service: { gatewayRefs: [{ name: 'gw' }] },
            analysis: {
              stepWeight: undefined,
              maxWeight: undefined,
              iterations: 5,
              match: [{ headers: { agent: { prefix: 'x' } } }],
            },
            spec: { provider: 'gatewayapi:v1' },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/match/0',
            message:
              'match 0 of Canary "frontend" ("agent") cannot be said on the Gateway API: Flagger drops it, and all traffic goes to the canary',
          },
        ],
      },
    ],
    good: [
      {
        name: 'exact',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            service: { gatewayRefs: [{ name: 'gw' }] },
            analysis: {
              stepWeight: undefined,
              maxWeight: undefined,
              iterations: 5,
              match: [{ headers: { agent: { exact: 'x' } } }],
            },
            spec: { provider: 'gatewayapi:v1' },
          }),
        ],
      },
      {
        name: 'Istio knows prefixes',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              stepWeight: undefined,
              maxWeight: undefined,
              iterations: 5,
              match: [{ headers: { agent: { prefix: 'x' } } }],
            },
          }),
        ],
      },
    ],
  }),
});
