import { at } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'gwapi-cors-origins',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'On the Gateway API Flagger reads corsPolicy.allowOrigin only. allowOrigins is dropped with a line in the log, and browsers are refused.',
  cause: 'only allowOrigin is read',
  source: ['fluxcd/flagger v1.44 pkg/router/gateway_api.go (corsPolicy)'],
  codes: ['GWAPI_CORS_ORIGINS'],
  each: 'canary',
  check(canary, report) {
    if (!canary.isGatewayApi || at(canary.service, 'corsPolicy', 'allowOrigins') === undefined) return;
    report(canary, {
      pointer: '/spec/service/corsPolicy/allowOrigins',
      message: `corsPolicy.allowOrigins of Canary "${canary.name}" is not read on the Gateway API`,
      fix: 'list the origins in allowOrigin',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'allowOrigins',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            service: { gatewayRefs: [{ name: 'gw' }], corsPolicy: { allowOrigins: [{ exact: 'https://a.example' }] } },
            spec: { provider: 'gatewayapi:v1' },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/service/corsPolicy/allowOrigins',
            message: 'corsPolicy.allowOrigins of Canary "frontend" is not read on the Gateway API',
          },
        ],
      },
    ],
    good: [
      {
        name: 'allowOrigin',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            service: { gatewayRefs: [{ name: 'gw' }], corsPolicy: { allowOrigin: ['https://a.example'] } },
            spec: { provider: 'gatewayapi:v1' },
          }),
        ],
      },
    ],
  }),
});
