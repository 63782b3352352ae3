import { parseServiceHost } from '../../kube';
import type { RouteView } from '../../world';
import { canary, deployment, virtualService } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'dup-vs-same-host-mesh',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'Sidecars obey one VirtualService a host: the oldest. Istio merges those of one host only at gateways, never for the mesh. A VirtualService of somebody else with the host of the canaried Service, or two Canaries with one host, makes the sidecars ignore the routes that Flagger weighs: the canary gets no traffic, or the weights have no effect.',
  cause: 'for sidecars Istio takes one VirtualService a host, the oldest, and does not merge',
  source: ['fluxcd/flagger v1.44 docs/gitbook/faq.md', 'fluxcd/flagger issues 65 and 1109'],
  codes: ['DUP_VS_SAME_HOST_MESH', 'MESH_PLUS_SHARED_HOST'],
  check(world, report) {
    const byHost = new Map<string, RouteView[]>();
    for (const route of world.routes())
      if (route.kind === 'VirtualService' && route.isMesh)
        for (const written of route.hosts) {
          const host = qualifiedHost(written, route.namespace);
          const list = byHost.get(host);
          if (!list) byHost.set(host, [route]);
          // A route may have a host twice, the second time with its namespace.
          else if (list.at(-1) !== route) list.push(route);
        }
    for (const [host, routes] of byHost) {
      if (routes.length < 2) continue;
      const made = routes.filter(({ isMadeByFlagger }) => isMadeByFlagger);
      const first = made[0]?.entry.madeBy;
      const canary = first && world.canary(first.namespace, first.name);
      if (!canary) continue;
      for (const route of routes)
        if (!route.isMadeByFlagger)
          report(route, {
            pointer: '/spec/hosts',
            about: canary,
            message: `VirtualService "${route.name}" has the host ${host} for sidecars, and so has the one that Flagger makes of Canary "${canary.name}": sidecars obey only the older, so the weights may have no effect`,
            fix: `delete VirtualService "${route.name}" and write its rules into Canary "${canary.name}": service.match, service.rewrite, service.headers, service.retries, service.timeout`,
          });
      for (const { entry } of made.slice(1)) {
        const other = entry.madeBy && world.canary(entry.madeBy.namespace, entry.madeBy.name);
        if (other)
          report(other, {
            pointer: '/spec/service/hosts',
            message: `Canary "${other.name}" and Canary "${canary.name}" both have the host ${host} and the gateway "mesh": sidecars obey the routes of one of them only`,
            fix: `remove "mesh" from service.gateways of both, or remove ${host} from service.hosts of one`,
          });
      }
    }
  },
  cases: {
    bad: [
      {
        name: 'a VirtualService with retries for the same Service',
        manifests: [
          deployment('cart'),
          canary('cart'),
          virtualService('cart-retries', {
            hosts: ['cart.shop.svc.cluster.local'],
            http: [{ route: [{ destination: { host: 'cart' } }], retries: { attempts: 3 } }],
          }),
        ],
        expect: [
          {
            object: 'VirtualService shop/cart-retries',
            pointer: '/spec/hosts',
            message:
              'VirtualService "cart-retries" has the host cart.shop for sidecars, and so has the one that Flagger makes of Canary "cart": sidecars obey only the older, so the weights may have no effect',
          },
        ],
      },
      {
        name: 'two Canaries with one host and the mesh',
        manifests: [
          deployment('web'),
          deployment('api'),
          canary('web', { service: { gateways: ['public', 'mesh'], hosts: ['shop.example'] } }),
          canary('api', { service: { gateways: ['public', 'mesh'], hosts: ['shop.example'] } }),
        ],
        expect: [
          {
            object: 'Canary shop/api',
            pointer: '/spec/service/hosts',
            message:
              'Canary "api" and Canary "web" both have the host shop.example and the gateway "mesh": sidecars obey the routes of one of them only',
          },
        ],
      },
    ],
    good: [
      {
        name: 'another host',
        manifests: [
          deployment('cart'),
          canary('cart'),
          virtualService('basket', { hosts: ['basket'], http: [{ route: [{ destination: { host: 'basket' } }] }] }),
        ],
      },
      {
        name: 'one host, at the gateway only',
        manifests: [
          deployment('web'),
          deployment('api'),
          canary('web', { service: { gateways: ['public'], hosts: ['shop.example'] } }),
          canary('api', { service: { gateways: ['public'], hosts: ['shop.example'] } }),
        ],
      },
      {
        name: 'the VirtualService that Flagger takes over',
        manifests: [
          deployment('cart'),
          canary('cart'),
          virtualService('cart', { hosts: ['cart'], http: [{ route: [{ destination: { host: 'cart' } }] }] }),
        ],
      },
    ],
  },
});

/** `cart` and `cart.shop.svc.cluster.local` are one host. A host with a domain of its own stays. */
function qualifiedHost(host: string, namespace: string): string {
  const isService = !host.includes('.') || /\.svc(\.|$)/.test(host);
  const service = isService ? parseServiceHost(host, namespace) : undefined;
  return service ? `${service.name}.${service.namespace}` : host;
}
