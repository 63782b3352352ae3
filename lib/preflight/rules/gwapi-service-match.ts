import { fieldsAt, isFields, listAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'gwapi-service-match',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: 'service.match on the Gateway API may hold uri, an exact method, and exact or regex headers and query parameters. Flagger answers anything else with `Invalid request matching selectors` and stays Initializing.',
  cause: 'the Gateway API has no such match',
  source: ['fluxcd/flagger v1.44 pkg/router/gateway_api.go (mapRouteMatches)'],
  codes: ['GWAPI_SERVICE_MATCH'],
  each: 'canary',
  check(canary, report) {
    if (!canary.isGatewayApi) return;
    for (const [index, match] of listAt(canary.service, 'match').filter(isFields).entries()) {
      const odd = [
        ...(isFields(match.method) && match.method.exact === undefined ? ['method'] : []),
        ...['headers', 'queryParams'].flatMap((field) =>
          Object.entries(fieldsAt(match, field))
            .filter(([, value]) => isFields(value) && value.exact === undefined && value.regex === undefined)
            .map(([name]) => `${field}.${name}`),
        ),
      ];
      if (odd.length === 0) continue;
      report(canary, {
        pointer: `/spec/service/match/${index}`,
        message: `service.match ${index} of Canary "${canary.name}" has ${odd.join(', ')} in a form that the Gateway API does not have: Flagger stays Initializing`,
        fix: 'use an exact method, and exact or regex for headers and query parameters',
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a method by prefix',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            service: { gatewayRefs: [{ name: 'gw' }], match: [{ method: { prefix: 'P' } }] },
            spec: { provider: 'gatewayapi:v1' },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/service/match/0',
            message:
              'service.match 0 of Canary "frontend" has method in a form that the Gateway API does not have: Flagger stays Initializing',
          },
        ],
      },
    ],
    good: [
      {
        name: 'an exact method',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            service: { gatewayRefs: [{ name: 'gw' }], match: [{ method: { exact: 'GET' } }] },
            spec: { provider: 'gatewayapi:v1' },
          }),
        ],
      },
    ],
  }),
});
