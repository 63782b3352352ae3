import { parseServiceHost } from '../../kube';
import { type CanaryView, push, type RouteView } from '../../world';
import { canary, deployment, virtualService } from '../case-manifests';
import { firstBy } from '../first-by';
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
  each: 'canary',
  shared(world) {
    const written = new Map<string, RouteView[]>();
    for (const route of world.writtenRoutes())
      if (route.kind === 'VirtualService' && route.isMesh)
        for (const host of qualifiedHosts(route.hosts, route.namespace)) push(written, host, route);
    return { written, firsts: firstBy(world.canaries(), meshHosts) };
  },
  check(canary, report, _world, { written, firsts }) {
    for (const host of meshHosts(canary)) {
      const first = firsts.get(host) ?? canary;
      if (first === canary)
        for (const route of written.get(host) ?? [])
          report(route, {
            pointer: '/spec/hosts',
            about: canary,
            message: `VirtualService "${route.name}" has the host ${host} for sidecars, and so has the one that Flagger makes of Canary "${canary.name}": sidecars obey only the older, so the weights may have no effect`,
            fix: `delete VirtualService "${route.name}" and write its rules into Canary "${canary.name}": service.match, service.rewrite, service.headers, service.retries, service.timeout`,
          });
      // Two Canaries of one Service share one VirtualService.
      else if (first.namespace !== canary.namespace || first.apexName !== canary.apexName)
        report(canary, {
          pointer: '/spec/service/hosts',
          message: `Canary "${canary.name}" and Canary "${first.name}" both have the host ${host} and the gateway "mesh": sidecars obey the routes of one of them only`,
          fix: `remove "mesh" from service.gateways of both, or remove ${host} from service.hosts of one`,
        });
    }
  },
  cases: () => ({
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
  }),
});

/** Hosts of the VirtualService that Flagger makes, for sidecars. */
function meshHosts(canary: CanaryView): readonly string[] {
  if (!canary.isIstio || !canary.gateways.includes('mesh')) return [];
  return [...new Set(qualifiedHosts(canary.virtualServiceHosts, canary.namespace))];
}

/** Each once: a route may have a host twice, the second time with its namespace. */
function qualifiedHosts(hosts: readonly string[], namespace: string): readonly string[] {
  const [host] = hosts;
  if (host !== undefined && hosts.length === 1) return [qualifiedHost(host, namespace)];
  return [...new Set(hosts.map((one) => qualifiedHost(one, namespace)))];
}

/** `cart` and `cart.shop.svc.cluster.local` are one host. A host with a domain of its own stays. */
function qualifiedHost(host: string, namespace: string): string {
  const isService = !host.includes('.') || /\.svc(\.|$)/.test(host);
  const service = isService ? parseServiceHost(host, namespace) : undefined;
  return service ? `${service.name}.${service.namespace}` : host;
}
