import { canary, deployment, virtualService } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'vs-takeover',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: "Flagger writes the VirtualService of the Service's name itself. One of that name from Git is overwritten, and its rules (retries, rewrites, other routes) are lost; the original stays in an annotation only.",
  cause: 'Flagger makes the VirtualService of this name',
  source: ['fluxcd/flagger v1.44 pkg/router/istio.go (reconcileVirtualService)'],
  codes: ['VS_TAKEOVER'],
  check(world, report) {
    for (const canary of world.canaries()) {
      if (!canary.isIstio && !canary.isGatewayApi) continue;
      const kind = canary.isIstio ? 'VirtualService' : 'HTTPRoute';
      const route = world.given(kind, canary.namespace, canary.apexName);
      if (!route) continue;
      report(route, {
        about: canary,
        message: `${kind} "${route.name}" has the name of the one that Flagger makes for Canary "${canary.name}": its rules are overwritten`,
        fix: 'move its rules to spec.service of the Canary, and remove it from Git',
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'one of the name',
        manifests: [
          deployment('frontend'),
          virtualService('frontend', {
            hosts: ['frontend'],
            http: [{ route: [{ destination: { host: 'frontend' } }] }],
          }),
          canary('frontend'),
        ],
        expect: [
          {
            object: 'VirtualService shop/frontend',
            message:
              'VirtualService "frontend" has the name of the one that Flagger makes for Canary "frontend": its rules are overwritten',
          },
        ],
      },
    ],
    good: [
      {
        name: 'another name',
        manifests: [
          deployment('frontend'),
          virtualService('cart', { hosts: ['cart'], http: [{ route: [{ destination: { host: 'cart' } }] }] }),
          canary('frontend'),
        ],
      },
    ],
  },
});
