import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'wildcard-host-on-mesh',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: 'A VirtualService with the host `*` may not be bound to the mesh: it would catch every request of every sidecar. Istio refuses it when Flagger writes it, and the Canary stays Initializing.',
  cause: 'inside the mesh the VirtualService would catch every host',
  source: [
    'fluxcd/flagger v1.44 pkg/router/istio.go',
    'istio/istio 1.31 pkg/config/validation/validation.go (ValidateVirtualService)',
  ],
  codes: ['WILDCARD_HOST_ON_MESH'],
  restsOn: ['provider'],
  each: 'canary',
  check(canary, report) {
    const index = canary.hosts.indexOf('*');
    if (!canary.isIstio || index < 0 || !canary.gateways.includes('mesh')) return;
    report(canary, {
      pointer: `/spec/service/hosts/${index}`,
      message: `Canary "${canary.name}" has the host "*" and the gateway mesh: Istio refuses the VirtualService that Flagger writes`,
      fix: 'name the hosts, or remove mesh from service.gateways',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'both',
        manifests: [
          deployment('frontend'),
          canary('frontend', { service: { hosts: ['*'], gateways: ['shop/public', 'mesh'] } }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/service/hosts/0',
            message:
              'Canary "frontend" has the host "*" and the gateway mesh: Istio refuses the VirtualService that Flagger writes',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a name',
        manifests: [
          deployment('frontend'),
          canary('frontend', { service: { hosts: ['shop.example.com'], gateways: ['shop/public', 'mesh'] } }),
        ],
      },
    ],
  }),
});
