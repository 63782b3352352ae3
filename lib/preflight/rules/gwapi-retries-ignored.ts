import { factNote } from '../../world';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'gwapi-retries-ignored',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Each provider reads its own fields of service. What it does not read is dropped without a word: retries and trafficPolicy on the Gateway API, backendTimeout and mirror on Istio.',
  cause: 'this provider does not read the field',
  source: ['fluxcd/flagger v1.44 pkg/router/gateway_api.go', 'fluxcd/flagger v1.44 pkg/router/istio.go'],
  codes: ['GWAPI_RETRIES_IGNORED'],
  each: 'canary',
  check(canary, report) {
    const unread = canary.isGatewayApi
      ? ['retries', 'trafficPolicy', 'gateways', 'delegation']
      : canary.isIstio
        ? ['backendTimeout', 'mirror', 'gatewayRefs']
        : canary.isKubernetes
          ? ['retries', 'trafficPolicy', 'match', 'rewrite', 'timeout', 'hosts', 'gateways']
          : [];
    if (canary.isGatewayApi && canary.provider.certainty === 'assumed')
      report(canary, {
        pointer: '/spec/service/gatewayRefs',
        severity: 'info',
        message: `Canary "${canary.name}" has gatewayRefs, and nothing among the manifests says its provider: it is taken for ${canary.provider.value}, while the default of Flagger is istio, which does not read them`,
        fix: `write provider: ${canary.provider.value} into the spec of Canary "${canary.name}", unless Flagger's meshProvider says so`,
      });
    for (const field of unread) {
      const value = canary.service[field];
      if (value === undefined || value === false || (Array.isArray(value) && value.length === 0)) continue;
      report(canary, {
        pointer: `/spec/service/${field}`,
        message: `service.${field} of Canary "${canary.name}" is not read by the provider ${canary.provider.value}${factNote(canary.provider)}`,
        edits: [{ value: undefined }],
        fix: 'remove it, or say it in an object of your own',
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a Gateway of the Gateway API, and nobody says which provider it is',
        manifests: [deployment('frontend'), canary('frontend', { service: { gatewayRefs: [{ name: 'gw' }] } })],
        facts: { meshProvider: undefined },
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/service/gatewayRefs',
            severity: 'info',
            message:
              'Canary "frontend" has gatewayRefs, and nothing among the manifests says its provider: it is taken for gatewayapi:v1, while the default of Flagger is istio, which does not read them',
          },
        ],
      },
      {
        name: 'retries on the Gateway API',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            service: { gatewayRefs: [{ name: 'gw' }], retries: { attempts: 3 } },
            spec: { provider: 'gatewayapi:v1' },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/service/retries',
            message: 'service.retries of Canary "frontend" is not read by the provider gatewayapi:v1',
          },
        ],
      },
    ],
    good: [
      {
        name: 'retries on Istio',
        manifests: [deployment('frontend'), canary('frontend', { service: { retries: { attempts: 3 } } })],
      },
    ],
  }),
});
