import { textsAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'delegation-hosts',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: "A delegated VirtualService has neither hosts nor gateways: those are the root's. Flagger refuses a Canary that has both and stays Initializing.",
  cause: 'a delegated route has no hosts and gateways of its own',
  source: ['fluxcd/flagger v1.44 pkg/router/istio.go (reconcileVirtualService)'],
  codes: ['DELEGATION_HOSTS'],
  each: 'canary',
  check(canary, report) {
    if (
      !canary.isIstio ||
      !canary.isDelegated ||
      (canary.hosts.length === 0 && textsAt(canary.service, 'gateways').length === 0)
    )
      return;
    report(canary, {
      pointer: '/spec/service/delegation',
      message: `Canary "${canary.name}" is delegated and has ${canary.hosts.length > 0 ? 'hosts' : 'gateways'} of its own`,
      fix: 'remove hosts and gateways (they belong to the VirtualService that delegates), or remove delegation',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'hosts',
        manifests: [
          deployment('frontend'),
          canary('frontend', { service: { delegation: true, hosts: ['shop.example.com'] } }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/service/delegation',
            message: 'Canary "frontend" is delegated and has hosts of its own',
          },
        ],
      },
    ],
    good: [
      { name: 'no hosts', manifests: [deployment('frontend'), canary('frontend', { service: { delegation: true } })] },
    ],
  }),
});
