import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'wildcard-host-on-mesh',
  severity: 'error',
  effect: 'outage',
  since: '0.1.0',
  why: 'With the host `*` and the mesh among its gateways, the VirtualService of the Canary catches every request of every sidecar: all of them go to this service.',
  cause: 'the VirtualService catches every host inside the mesh',
  source: ['fluxcd/flagger v1.44 pkg/router/istio.go'],
  codes: ['WILDCARD_HOST_ON_MESH'],
  each: 'canary',
  check(canary, report) {
    const index = canary.hosts.indexOf('*');
    if (!canary.isIstio || index < 0 || !canary.gateways.includes('mesh')) return;
    report(canary, {
      pointer: `/spec/service/hosts/${index}`,
      message: `Canary "${canary.name}" has the host "*" and the gateway mesh: every request inside the mesh goes to it`,
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
              'Canary "frontend" has the host "*" and the gateway mesh: every request inside the mesh goes to it',
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
