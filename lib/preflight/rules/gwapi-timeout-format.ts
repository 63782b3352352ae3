import { parseGoDuration, textAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'gwapi-timeout-format',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: 'The Gateway API has durations of its own: up to four parts of digits and h, m, s or ms, no fractions. The API server refuses a route with another one. The timeout of the backend may not be longer than that of the request.',
  cause: 'the Gateway API takes whole h, m, s and ms only',
  source: ['fluxcd/flagger v1.44 pkg/router/gateway_api.go', 'gateway-api v1.6 Duration (GEP-2257)'],
  codes: ['GWAPI_TIMEOUT_FORMAT'],
  each: 'canary',
  check(canary, report) {
    if (!canary.isGatewayApi) return;
    for (const field of ['timeout', 'backendTimeout']) {
      const text = textAt(canary.service, field);
      if (text === undefined || text === '' || /^([0-9]{1,5}(h|m|s|ms)){1,4}$/.test(text)) continue;
      const duration = parseGoDuration(text);
      report(canary, {
        pointer: `/spec/service/${field}`,
        message: `${field} "${text}" of Canary "${canary.name}" is not a duration of the Gateway API`,
        ...(duration.ok && duration.value > 0 && { edits: [{ value: `${Math.round(duration.value)}ms` }] }),
        fix: 'write whole parts such as 1m30s or 500ms',
      });
    }
    const [request, backend] = ['timeout', 'backendTimeout'].map((field) =>
      parseGoDuration(textAt(canary.service, field) ?? ''),
    );
    if (request?.ok && backend?.ok && backend.value > request.value) {
      report(canary, {
        pointer: '/spec/service/backendTimeout',
        message: `backendTimeout of Canary "${canary.name}" is longer than its timeout`,
        fix: 'lower backendTimeout or raise timeout',
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a fraction',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            service: { gatewayRefs: [{ name: 'gw' }], timeout: '1.5s' },
            spec: { provider: 'gatewayapi:v1' },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/service/timeout',
            message: 'timeout "1.5s" of Canary "frontend" is not a duration of the Gateway API',
          },
        ],
      },
    ],
    good: [
      {
        name: 'whole seconds',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            service: { gatewayRefs: [{ name: 'gw' }], timeout: '15s' },
            spec: { provider: 'gatewayapi:v1' },
          }),
        ],
      },
    ],
  }),
});
