import { textAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'gwapi-hosts-empty',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'On the Gateway API Flagger adds no host of its own. Without hosts the route takes every request of the Gateway.',
  cause: 'an HTTPRoute without hostnames takes all of them',
  source: ['fluxcd/flagger v1.44 pkg/router/gateway_api.go'],
  codes: ['GWAPI_HOSTS_EMPTY'],
  each: 'canary',
  check(canary, report) {
    if (
      !canary.isGatewayApi ||
      canary.hosts.length > 0 ||
      !canary.gatewayRefs.some((ref) => (textAt(ref, 'kind') ?? 'Gateway') === 'Gateway')
    )
      return;
    report(canary, {
      pointer: '/spec/service/hosts',
      message: `Canary "${canary.name}" has no hosts: its route takes every request of its Gateway`,
      fix: 'add service.hosts',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'none',
        manifests: [
          deployment('frontend'),
          canary('frontend', { service: { gatewayRefs: [{ name: 'gw' }] }, spec: { provider: 'gatewayapi:v1' } }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/service/hosts',
            message: 'Canary "frontend" has no hosts: its route takes every request of its Gateway',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a host',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            service: { gatewayRefs: [{ name: 'gw' }], hosts: ['shop.example.com'] },
            spec: { provider: 'gatewayapi:v1' },
          }),
        ],
      },
    ],
  }),
});
