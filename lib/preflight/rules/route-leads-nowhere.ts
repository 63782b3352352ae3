import { listAt, textAt } from '../../kube';
import type { Entry, World } from '../../world';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const gloo = (route: object) => ({
  apiVersion: 'gateway.solo.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'public', namespace: 'gloo-system' },
  spec: { virtualHost: { domains: ['shop.example'], routes: [{ matchers: [{ prefix: '/' }], ...route }] } },
});
const delegate = (namespace: string) => gloo({ delegateAction: { ref: { name: 'web', namespace } } });
const byGloo = canary('web', { spec: { provider: 'gloo' } });
const traefik = (name: string) => ({
  apiVersion: 'traefik.io/v1alpha1',
  kind: 'IngressRoute',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { routes: [{ match: 'Host(`shop.example`)', kind: 'Rule', services: [{ name, kind: 'TraefikService' }] }] },
});

export default rule({
  id: 'route-leads-nowhere',
  severity: 'error',
  effect: 'outage',
  since: '0.3.0',
  why: "With Gloo and Traefik a route of one's own leads to the object that Flagger makes: a RouteTable or a TraefikService with the name of spec.service.name (or of the target), in the namespace of the Canary. A route that names it otherwise, or an UpstreamGroup (which Flagger made up to 1.5), leads nowhere: users get 404, and the canary nothing.",
  cause: 'the route names an object that nobody makes',
  source: [
    'fluxcd/flagger v1.44 pkg/router/gloo.go, pkg/router/traefik.go (Reconcile)',
    'fluxcd/flagger v1.44 docs/gitbook/tutorials/gloo-progressive-delivery.md',
    'fluxcd/flagger issue 566',
  ],
  codes: [],
  restsOn: ['provider', 'namespace'],
  each: 'canary',
  shared(world) {
    const used = new Set(world.canaries().map(({ provider }) => provider.value));
    const leads = Object.entries(lookers).flatMap(([provider, look]) =>
      used.has(provider) ? look(world).map((lead) => ({ provider, ...lead })) : [],
    );
    return leads.length === 0 ? undefined : leads;
  },
  check(canary, report, world, leads) {
    for (const { provider, entry, pointer, kind, namespace, name } of leads) {
      if (provider !== canary.provider.value) continue;
      const isMeant =
        (name === canary.apexName || name === canary.targetRef.name) &&
        (namespace === canary.namespace || name === canary.apexName);
      // Of another Canary, or of somebody else.
      if (!isMeant || world.has(kind, namespace, name)) continue;
      if (kind !== 'UpstreamGroup' && world.canaryOfService(namespace, name)) continue;
      const made = kind === 'UpstreamGroup' ? 'RouteTable' : kind;
      report(entry, {
        about: canary,
        pointer,
        message: `${entry.kind} "${entry.name}" leads to ${kind} ${namespace}/${name}, which nobody makes: Flagger makes ${made} ${canary.namespace}/${canary.apexName} for Canary "${canary.name}"`,
        fix:
          made === 'RouteTable'
            ? `write delegateAction: {ref: {name: ${canary.apexName}, namespace: ${canary.namespace}}} there`
            : `name TraefikService ${canary.apexName} of namespace ${canary.namespace} there`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a RouteTable of another namespace',
        manifests: [deployment('web'), byGloo, delegate('gloo-system')],
        expect: [
          {
            object: 'VirtualService gloo-system/public',
            pointer: '/spec/virtualHost/routes/0',
            message:
              'VirtualService "public" leads to RouteTable gloo-system/web, which nobody makes: Flagger makes RouteTable shop/web for Canary "web"',
          },
        ],
        mended: [deployment('web'), byGloo, delegate('shop')],
      },
      {
        name: 'an UpstreamGroup, as before Flagger 1.6',
        manifests: [
          deployment('web'),
          byGloo,
          gloo({ routeAction: { upstreamGroup: { name: 'web', namespace: 'shop' } } }),
        ],
        expect: [{ object: 'VirtualService gloo-system/public' }],
      },
      {
        name: 'a TraefikService by the name of the target',
        manifests: [
          deployment('web'),
          canary('web', { spec: { provider: 'traefik' }, service: { name: 'shop' } }),
          traefik('web'),
        ],
        expect: [{ object: 'IngressRoute shop/web', pointer: '/spec/routes/0/services/0' }],
      },
    ],
    good: [
      { name: 'the RouteTable of Flagger', manifests: [deployment('web'), byGloo, delegate('shop')] },
      {
        name: "an UpstreamGroup of one's own",
        manifests: [
          deployment('web'),
          byGloo,
          gloo({ routeAction: { upstreamGroup: { name: 'web', namespace: 'shop' } } }),
          { apiVersion: 'gloo.solo.io/v1', kind: 'UpstreamGroup', metadata: { name: 'web', namespace: 'shop' } },
        ],
      },
      {
        name: 'the TraefikService of Flagger',
        manifests: [deployment('web'), canary('web', { spec: { provider: 'traefik' } }), traefik('web')],
      },
    ],
  }),
});

interface Lead {
  readonly entry: Entry;
  readonly pointer: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** Where routes lead that name an object of their controller, by provider. */
const lookers: Readonly<Record<string, (world: World) => readonly Lead[]>> = {
  gloo: (world) => [
    ...leadsOf(world, 'VirtualService', 'RouteTable').filter(({ entry }) => entry.group === 'gateway.solo.io'),
    ...leadsOf(world, 'RouteTable', 'RouteTable'),
    ...world.ofKind('VirtualService', 'gateway.solo.io').flatMap((entry) =>
      listAt(entry.object, 'spec', 'virtualHost', 'routes').flatMap((route, index) => {
        const name = textAt(route, 'routeAction', 'upstreamGroup', 'name');
        const namespace = textAt(route, 'routeAction', 'upstreamGroup', 'namespace') || entry.namespace;
        const pointer = `/spec/virtualHost/routes/${index}`;
        return name === undefined ? [] : [{ entry, pointer, kind: 'UpstreamGroup', namespace, name }];
      }),
    ),
  ],
  traefik: (world) => leadsOf(world, 'IngressRoute', 'TraefikService'),
};

function leadsOf(world: World, from: string, kind: string): Lead[] {
  return world
    .writtenRoutes()
    .filter((route) => route.kind === from)
    .flatMap(({ entry, delegates }) =>
      delegates.map(({ namespace, name, pointer }) => ({ entry, pointer, kind, namespace, name })),
    );
}
