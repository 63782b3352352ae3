import { providerOf } from '../../flagger';
import { at, isFields, listAt, textAt } from '../../kube';
import type { CanaryView, Entry, RouteView, World } from '../../world';
import { canary, deployment, istioGateway, namespace, virtualService } from '../case-manifests';
import { type Report, rule } from '../rule';

const ingressRoute = (more: object) => ({
  apiVersion: 'traefik.io/v1alpha1',
  kind: 'IngressRoute',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    routes: [{ match: 'Host(`shop.example`)', kind: 'Rule', services: [{ name: 'web', port: 80, ...more }] }],
  },
});

const ingressOf = (name: string, ingressClassName: string, annotations: Readonly<Record<string, string>>) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name, namespace: 'shop', annotations },
  spec: {
    ingressClassName,
    rules: [
      {
        host: 'shop.example',
        http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name, port: { number: 80 } } } }] },
      },
    ],
  },
});

const gloo = (route: object) => ({
  apiVersion: 'gateway.solo.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'public', namespace: 'gloo-system' },
  spec: { virtualHost: { domains: ['shop.example'], routes: [{ matchers: [{ prefix: '/' }], ...route }] } },
});
const mapping = (more: object) => ({
  apiVersion: 'getambassador.io/v3alpha1',
  kind: 'Mapping',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { hostname: 'shop.example', prefix: '/', service: 'http://web.shop:80', ...more },
});
const toService = { routeAction: { single: { kube: { ref: { name: 'web', namespace: 'shop' }, port: 80 } } } };

export default rule({
  id: 'ingress-bypasses-vs',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'Flagger weighs only the routes of the VirtualService (or HTTPRoute) that it makes itself. The Service that callers use selects the primary. A route of somebody else that enters by a gateway and names this Service therefore never reaches the canary: its metrics have no values, and Flagger reports that the workload "is not receiving traffic".',
  cause: 'routes do not chain: this one sends its traffic to the Service, which selects the primary only',
  source: [
    'fluxcd/flagger v1.44 pkg/router/istio.go',
    'fluxcd/flagger v1.44 pkg/router/kubernetes_default.go',
    'fluxcd/flagger issues 347 and 1109',
  ],
  codes: ['INGRESS_BYPASSES_VS'],
  restsOn: ['provider'],
  each: 'canary',
  check(canary, report, world) {
    const { value } = canary.provider;
    if (!canary.isIstio && !canary.isGatewayApi) {
      for (const { route, words } of otherWaysIn(world, canary))
        report(route, {
          about: canary,
          ...words,
          message: `${route.kind} "${route.name}" sends what comes in${route.hosts.length > 0 ? ` for ${route.hosts.join(', ')}` : ''} to Service "${canary.apexName}", so to the primary of Canary "${canary.name}" alone: provider ${value} weighs ${words.weighs}`,
        });
      return;
    }
    for (const route of world.writtenRoutesTo(canary.namespace, canary.apexName)) {
      if (!route.isGateway || onlyRedirects(world, route) || leadsToMesh(canary, route)) continue;
      // Delegates are reached through the root that names them; what Flagger makes is weighed there.
      const backend = route.backends.find(
        ({ namespace, name, isMirror }) => namespace === canary.namespace && name === canary.apexName && !isMirror,
      );
      if (!backend) continue;
      const hosts = route.hosts.length > 0 ? route.hosts : ['*'];
      report(route, {
        pointer: backend.pointer,
        // Emissary may stand in the mesh, and then its sidecar shares the traffic.
        ...(route.kind === 'Mapping' ? { severity: 'warning' as const } : {}),
        about: canary,
        message: `${route.kind} "${route.name}" sends what comes in for ${hosts.join(', ')} to Service "${canary.apexName}", so to the primary of Canary "${canary.name}" alone: the canary gets none of it`,
        fix: byGateway(world, canary, route, hosts),
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'of two alternatives of one name the other one may be meant',
        manifests: [
          deployment('web'),
          canary('web', { spec: { provider: 'istio' } }),
          canary('web', { spec: { provider: 'linkerd' } }),
          virtualService('web-public', {
            hosts: ['shop.example'],
            gateways: ['public'],
            http: [{ route: [{ destination: { host: 'web' } }] }],
          }),
        ],
        expect: [{ object: 'VirtualService shop/web-public', severity: 'warning' }],
      },
      {
        name: 'an Ingress of Traefik, which cannot name what Flagger weighs',
        manifests: [
          deployment('web'),
          canary('web', { spec: { provider: 'traefik' } }),
          ingressOf('web', 'traefik', {}),
        ],
        expect: [{ object: 'Ingress shop/web', severity: 'error' }],
        mended: [
          deployment('web'),
          canary('web', { spec: { provider: 'traefik' } }),
          {
            ...ingressRoute({}),
            spec: {
              routes: [
                {
                  match: 'Host(`shop.example`)',
                  kind: 'Rule',
                  services: [{ kind: 'TraefikService', name: 'web' }],
                },
              ],
            },
          },
        ],
      },
      {
        name: 'an Ingress of nginx before Istio',
        manifests: [
          deployment('web'),
          canary('web', { spec: { provider: 'istio' } }),
          istioGateway('public', ['shop.example']),
          ingressOf('web', 'nginx', {}),
        ],
        expect: [{ object: 'Ingress shop/web', severity: 'error' }],
        mended: [
          deployment('web'),
          canary('web', {
            spec: { provider: 'istio' },
            service: { gateways: ['shop/public', 'mesh'], hosts: ['shop.example'] },
          }),
          istioGateway('public', ['shop.example']),
        ],
      },
      {
        name: 'Traefik before Linkerd',
        manifests: [deployment('web'), ingressRoute({}), canary('web', { spec: { provider: 'linkerd' } })],
        expect: [
          {
            object: 'IngressRoute shop/web',
            severity: 'warning',
            message:
              'IngressRoute "web" sends what comes in for shop.example to Service "web", so to the primary of Canary "web" alone: provider linkerd weighs what is sent to the Service, and Traefik sends to the pods behind it',
          },
        ],
      },
      {
        name: 'an Ingress of nginx before Linkerd',
        manifests: [
          deployment('web'),
          {
            apiVersion: 'networking.k8s.io/v1',
            kind: 'Ingress',
            metadata: { name: 'web', namespace: 'shop' },
            spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
          },
          canary('web', { spec: { provider: 'linkerd' } }),
        ],
        expect: [{ object: 'Ingress shop/web', pointer: '/metadata/annotations', severity: 'warning' }],
      },
      {
        name: 'a route of Contour to the Service',
        manifests: [
          deployment('web'),
          {
            apiVersion: 'projectcontour.io/v1',
            kind: 'HTTPProxy',
            metadata: { name: 'root', namespace: 'shop' },
            spec: { virtualhost: { fqdn: 'shop.example' }, routes: [{ services: [{ name: 'web', port: 80 }] }] },
          },
          canary('web', { spec: { provider: 'contour' } }),
        ],
        expect: [
          {
            object: 'HTTPProxy shop/root',
            pointer: '/spec/routes/0/services/0',
            severity: 'error',
            message:
              'HTTPProxy "root" sends what comes in for shop.example to Service "web", so to the primary of Canary "web" alone: provider contour weighs HTTPProxy "web"',
          },
        ],
      },
      {
        name: 'a route of Gloo to the Service',
        manifests: [deployment('web'), gloo(toService), canary('web', { spec: { provider: 'gloo' } })],
        expect: [
          {
            object: 'VirtualService gloo-system/public',
            pointer: '/spec/virtualHost/routes/0/routeAction',
            severity: 'error',
            message:
              'VirtualService "public" sends what comes in for shop.example to Service "web", so to the primary of Canary "web" alone: provider gloo weighs RouteTable "web"',
          },
        ],
        mended: [
          deployment('web'),
          gloo({ delegateAction: { ref: { name: 'web', namespace: 'shop' } } }),
          canary('web', { spec: { provider: 'gloo' } }),
        ],
      },
      {
        name: 'a route of Gloo to the Upstream that it found',
        manifests: [
          deployment('web'),
          gloo({ routeAction: { single: { upstream: { name: 'shop-web-80', namespace: 'gloo-system' } } } }),
          canary('web', { spec: { provider: 'gloo' } }),
        ],
        expect: [{ object: 'VirtualService gloo-system/public' }],
      },
      {
        name: 'a Mapping of Emissary before Istio',
        manifests: [deployment('web'), canary('web', { spec: { provider: 'istio' } }), mapping({})],
        expect: [{ object: 'Mapping shop/web', pointer: '/spec/service', severity: 'warning' }],
      },
      {
        name: 'a Mapping of Emissary before Linkerd',
        manifests: [deployment('web'), canary('web', { spec: { provider: 'linkerd' } }), mapping({})],
        expect: [{ object: 'Mapping shop/web', pointer: '/spec/service', severity: 'warning' }],
      },
      {
        name: 'a Route of OpenShift before Istio',
        manifests: [
          deployment('web'),
          canary('web', { spec: { provider: 'istio' } }),
          {
            apiVersion: 'route.openshift.io/v1',
            kind: 'Route',
            metadata: { name: 'web', namespace: 'shop' },
            spec: { host: 'shop.example', to: { kind: 'Service', name: 'web' } },
          },
        ],
        expect: [{ object: 'Route shop/web', pointer: '/spec/to' }],
      },
      {
        name: 'a route of Traefik to the Service',
        manifests: [
          deployment('web'),
          {
            apiVersion: 'traefik.io/v1alpha1',
            kind: 'IngressRoute',
            metadata: { name: 'web', namespace: 'shop' },
            spec: { routes: [{ match: 'Host(`shop.example`)', kind: 'Rule', services: [{ name: 'web', port: 80 }] }] },
          },
          canary('web', { spec: { provider: 'traefik' } }),
        ],
        expect: [{ object: 'IngressRoute shop/web', severity: 'error' }],
      },
      {
        name: 'an Ingress beside the one that the Canary names',
        manifests: [
          deployment('web'),
          ...['web', 'internal'].map((name) => ({
            apiVersion: 'networking.k8s.io/v1',
            kind: 'Ingress',
            metadata: { name, namespace: 'shop' },
            spec: {
              rules: [
                {
                  host: `${name}.example`,
                  http: {
                    paths: [
                      { path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } },
                    ],
                  },
                },
              ],
            },
          })),
          canary('web', {
            spec: {
              provider: 'nginx',
              ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'web' },
            },
          }),
        ],
        expect: [{ object: 'Ingress shop/internal', severity: 'warning' }],
      },
      {
        name: 'the gateway has a VirtualService of its own to the Service of the canaried workload',
        manifests: [
          namespace(),
          deployment('frontend'),
          canary('frontend'),
          istioGateway('public', ['shop.example']),
          virtualService('frontend-ingress', {
            hosts: ['shop.example'],
            gateways: ['public'],
            http: [{ route: [{ destination: { host: 'frontend', port: { number: 80 } } }] }],
          }),
        ],
        expect: [
          {
            object: 'VirtualService shop/frontend-ingress',
            pointer: '/spec/http/0/route/0',
            message:
              'VirtualService "frontend-ingress" sends what comes in for shop.example to Service "frontend", so to the primary of Canary "frontend" alone: the canary gets none of it',
          },
        ],
      },
    ],
    good: [
      {
        name: 'Emissary in the mesh of Linkerd',
        manifests: [
          deployment('web'),
          canary('web', { spec: { provider: 'linkerd' } }),
          mapping({ add_linkerd_headers: true }),
        ],
      },
      {
        name: 'an Ingress of Traefik that only redirects to https',
        manifests: [
          deployment('web'),
          canary('web', { spec: { provider: 'traefik' } }),
          ingressOf('web', 'traefik', {
            'traefik.ingress.kubernetes.io/router.middlewares': 'infra-https-redirect@kubernetescrd',
          }),
        ],
      },
      {
        name: 'an IngressRoute that only redirects to https',
        manifests: [
          deployment('web'),
          canary('web', { spec: { provider: 'traefik' } }),
          {
            apiVersion: 'traefik.io/v1alpha1',
            kind: 'Middleware',
            metadata: { name: 'to-https', namespace: 'shop' },
            spec: { redirectScheme: { scheme: 'https' } },
          },
          {
            ...ingressRoute({}),
            spec: {
              entryPoints: ['web'],
              routes: [
                {
                  match: 'Host(`shop.example`)',
                  kind: 'Rule',
                  middlewares: [{ name: 'to-https' }],
                  services: [{ name: 'web', port: 80 }],
                },
              ],
            },
          },
        ],
      },
      {
        name: 'ingress-nginx in the mesh, which sends to the address of the Service',
        manifests: [
          deployment('web'),
          canary('web', { spec: { provider: 'istio' } }),
          ingressOf('web', 'nginx', {
            'nginx.ingress.kubernetes.io/service-upstream': 'true',
            'nginx.ingress.kubernetes.io/upstream-vhost': 'web.shop.svc.cluster.local',
          }),
        ],
      },
      {
        name: 'Traefik before Linkerd sends to the address of the Service',
        manifests: [
          deployment('web'),
          ingressRoute({ nativeLB: true }),
          canary('web', { spec: { provider: 'linkerd' } }),
        ],
      },
      {
        name: 'an HTTPProxy that Flagger overwrites',
        manifests: [
          deployment('web'),
          {
            apiVersion: 'projectcontour.io/v1',
            kind: 'HTTPProxy',
            metadata: { name: 'web', namespace: 'shop' },
            spec: { routes: [{ services: [{ name: 'web', port: 80 }] }] },
          },
          canary('web', { spec: { provider: 'contour' } }),
        ],
      },
      {
        name: 'with nginx the Ingress to the Service is what Flagger works with',
        manifests: [
          deployment('frontend'),
          canary('frontend', { spec: { provider: 'nginx', ingressRef: { kind: 'Ingress', name: 'frontend' } } }),
          {
            apiVersion: 'networking.k8s.io/v1',
            kind: 'Ingress',
            metadata: { name: 'frontend', namespace: 'shop' },
            spec: { defaultBackend: { service: { name: 'frontend', port: { number: 80 } } } },
          },
        ],
      },
      {
        name: 'the Canary enters by the gateway itself',
        manifests: [
          namespace(),
          deployment('frontend'),
          canary('frontend', { service: { gateways: ['public', 'mesh'], hosts: ['shop.example'] } }),
          istioGateway('public', ['shop.example']),
        ],
      },
      {
        name: 'the route leads to another Service',
        manifests: [
          deployment('frontend'),
          canary('frontend'),
          virtualService('images', {
            hosts: ['images.example'],
            gateways: ['public'],
            http: [{ route: [{ destination: { host: 'images' } }] }],
          }),
        ],
      },
    ],
  }),
});

/** Whether ingress-nginx sends to the address of the Service, so that the proxy beside it can share the traffic. */
function leadsToService({ annotations }: Entry): boolean {
  const snippets = Object.entries(annotations).filter(([name]) => name.endsWith('-snippet'));
  return (
    annotations['nginx.ingress.kubernetes.io/service-upstream'] === 'true' ||
    annotations['nginx.ingress.kubernetes.io/upstream-vhost'] !== undefined ||
    snippets.some(([, text]) => text.includes('l5d-dst-override'))
  );
}

/** Kinds of routes that a Gateway takes, by what the Canary's provider writes. */
const ofGateways = {
  istio: ['VirtualService'],
  gatewayApi: ['HTTPRoute', 'GRPCRoute', 'TCPRoute', 'TLSRoute'],
} as const;

/** How the traffic enters by a route that Flagger weighs: by the gateways of this one, of the Canary, or of the cluster. */
function byGateway(world: World, canary: CanaryView, route: RouteView, hosts: readonly string[]): string {
  const [field, group, kinds]: [string, string, readonly string[]] = canary.isGatewayApi
    ? ['service.gatewayRefs', 'gateway.networking.k8s.io', ofGateways.gatewayApi]
    : ['service.gateways', 'networking.istio.io', ofGateways.istio];
  const own = canary.isGatewayApi
    ? canary.gatewayRefs.flatMap((ref) =>
        (textAt(ref, 'kind') ?? 'Gateway') === 'Gateway'
          ? `${textAt(ref, 'namespace') || canary.namespace}/${textAt(ref, 'name') ?? ''}`
          : [],
      )
    : canary.gateways;
  const [only, ...others] = world.ofKind('Gateway', group);
  const gateways = [
    kinds.includes(route.kind) ? route.gateways : [],
    own,
    only && others.length === 0 ? [`${only.namespace}/${only.name}`] : [],
  ]
    .map((names) => names.filter((name) => name !== 'mesh'))
    .find((names) => names.length > 0) ?? ['the Gateway that serves the host, as namespace/name'];
  const names = canary.isGatewayApi ? gateways.join(', ') : `[${[...gateways, 'mesh'].join(', ')}]`;
  // Those that it has stay.
  const served = [...new Set([...canary.hosts, ...hosts])]
    .filter((host) => host !== '*' || canary.isGatewayApi)
    .join(', ');
  const list = canary.isGatewayApi
    ? served
    : `[${served || 'the host that users type: Istio refuses * together with mesh'}]`;
  const mesh =
    route.kind === 'Ingress' && canary.isIstio && isOfNginx(route)
      ? `; or, where the pods of ingress-nginx have a sidecar, let it send to the Service: annotations nginx.ingress.kubernetes.io/service-upstream: "true" and nginx.ingress.kubernetes.io/upstream-vhost: ${canary.apexName}.${canary.namespace}.svc.cluster.local`
      : '';
  return `remove ${route.kind} "${route.name}" and let Canary "${canary.name}" enter by the gateway: ${field} ${names}, service.hosts ${list}${mesh}`;
}

const isOfNginx = ({ entry, gateways }: RouteView): boolean =>
  gateways.includes('nginx') ||
  entry.annotations['kubernetes.io/ingress.class'] === 'nginx' ||
  Object.keys(entry.annotations).some((name) => name.startsWith('nginx.ingress.kubernetes.io/'));

/** Whether the sidecar of ingress-nginx shares the traffic: it sends to the address of the Service, by the Service's name. */
const leadsToMesh = ({ isIstio }: CanaryView, { kind, entry: { annotations } }: RouteView): boolean =>
  isIstio &&
  kind === 'Ingress' &&
  annotations['nginx.ingress.kubernetes.io/service-upstream'] === 'true' &&
  annotations['nginx.ingress.kubernetes.io/upstream-vhost'] !== undefined;

/**
 * Whether the route sends nothing on: every request is answered with a redirect (from http to https, as a rule).
 * @see traefik v3 docs/content/middlewares/http/redirectscheme.md; ingress-nginx docs/user-guide/nginx-configuration/annotations.md
 */
function onlyRedirects(world: World, { kind, namespace, entry }: RouteView): boolean {
  const { annotations, object } = entry;
  if (kind === 'Ingress') {
    const middlewares = annotations['traefik.ingress.kubernetes.io/router.middlewares'] ?? '';
    return (
      annotations['nginx.ingress.kubernetes.io/permanent-redirect'] !== undefined ||
      annotations['nginx.ingress.kubernetes.io/temporal-redirect'] !== undefined ||
      // namespace-name@kubernetescrd
      middlewares.split(',').some((name) => {
        const [full = ''] = name.trim().split('@');
        const made = world.ofKind('Middleware').find((one) => `${one.namespace}-${one.name}` === full);
        return made ? redirects(made) : /redirect/.test(full);
      })
    );
  }
  if (kind !== 'IngressRoute') return false;
  const routes = listAt(object, 'spec', 'routes');
  return (
    routes.length > 0 &&
    routes.every((route) =>
      listAt(route, 'middlewares').some((middleware) => {
        const name = textAt(middleware, 'name') ?? '';
        const made = world.find('Middleware', textAt(middleware, 'namespace') || namespace, name);
        return made ? redirects(made) : /redirect/.test(name);
      }),
    )
  );
}

/** To another scheme: a redirect by a pattern lets through what does not match. */
const redirects = ({ object }: Entry): boolean => isFields(at(object, 'spec', 'redirectScheme'));

interface WayIn {
  readonly route: RouteView;
  readonly words: Omit<Report, 'message' | 'about'> & { readonly weighs: string };
}

/** Routes to the Service past the object that the provider weighs. */
function otherWaysIn(world: World, canary: CanaryView): WayIn[] {
  const own = textAt(canary.spec, 'ingressRef', 'name');
  return world.writtenRoutesTo(canary.namespace, canary.apexName).flatMap((route) => {
    const backend = route.backends.find(({ name, isMirror }) => name === canary.apexName && !isMirror);
    if (!backend || !route.isGateway || isTakenOver(route, canary) || onlyRedirects(world, route)) return [];
    const { pointer } = backend;
    const weighed = weighedObjects[canary.provider.value];
    if (isForeign(route) && weighed) return [pastProvider(route, pointer, `${weighed} "${canary.apexName}"`)];
    switch (canary.provider.value) {
      case 'contour':
        return [
          {
            route,
            words: {
              pointer,
              weighs: `HTTPProxy "${canary.apexName}"`,
              fix:
                route.kind === 'HTTPProxy'
                  ? `in HTTPProxy "${route.name}" include HTTPProxy "${canary.apexName}" in place of the Service: includes: [{name: ${canary.apexName}, namespace: ${canary.namespace}}]`
                  : `replace ${route.kind} "${route.name}" by an HTTPProxy with its hosts (spec.virtualhost) that includes HTTPProxy "${canary.apexName}": includes: [{name: ${canary.apexName}, namespace: ${canary.namespace}}]`,
            },
          },
        ];
      case 'traefik':
        return [
          {
            route,
            words: {
              pointer,
              weighs: `TraefikService "${canary.apexName}"`,
              fix:
                route.kind === 'IngressRoute'
                  ? `in IngressRoute "${route.name}" write kind: TraefikService beside name: ${canary.apexName}, without a port`
                  : `replace ${route.kind} "${route.name}" by an IngressRoute with its hosts and paths whose service is {kind: TraefikService, name: ${canary.apexName}}: an ${route.kind} can name a Service only`,
            },
          },
        ];
      case 'nginx':
      case 'skipper':
        return route.kind !== 'Ingress' || own === undefined || route.name === own || route.name === `${own}-canary`
          ? []
          : [
              {
                route,
                words: {
                  pointer,
                  severity: 'warning' as const,
                  weighs: `Ingress "${own}"`,
                  fix: `move its hosts and paths to Ingress "${own}", or leave it if the canary need not get these requests`,
                },
              },
            ];
      case 'linkerd':
        if (route.kind === 'IngressRoute' || route.kind === 'HTTPProxy') return pastLinkerd(world, route, pointer);
        if (route.kind === 'Mapping')
          return isMeshedEmissary(world, route)
            ? []
            : [
                {
                  route,
                  words: {
                    pointer,
                    severity: 'warning' as const,
                    weighs: 'what a pod with its proxy sends to the Service',
                    fix: `let the pods of Emissary have the proxy of Linkerd, and write add_linkerd_headers: true into Mapping "${route.name}" or into the config of Module ambassador`,
                  },
                },
              ];
        if (route.kind === 'Route' || route.kind === 'TargetGroupBinding')
          return [
            {
              route,
              words: {
                pointer,
                severity: 'warning' as const,
                weighs: `what is sent to the Service, and ${route.kind === 'Route' ? 'the router of OpenShift' : 'the load balancer of AWS'} sends to the pods behind it`,
                fix: `let these requests come in by an ingress controller that has the proxy of Linkerd, or leave ${route.kind} "${route.name}" if the canary need not get them`,
              },
            },
          ];
        return route.kind !== 'Ingress' || leadsToService(route.entry)
          ? []
          : [
              {
                route,
                words: {
                  pointer: '/metadata/annotations',
                  severity: 'warning' as const,
                  weighs: 'what is sent to the Service, and ingress-nginx sends to the pods behind it',
                  fix: `write the annotation nginx.ingress.kubernetes.io/service-upstream: "true" into Ingress "${route.name}", and let the pods of the controller have the proxy of Linkerd`,
                },
              },
            ];
      case 'gloo':
        return [
          {
            route,
            words: {
              pointer,
              weighs: `RouteTable "${canary.apexName}"`,
              fix:
                route.entry.group === 'gateway.solo.io'
                  ? `in ${route.kind} "${route.name}" write delegateAction: {ref: {name: ${canary.apexName}, namespace: ${canary.namespace}}} in place of routeAction`
                  : `replace ${route.kind} "${route.name}" by a VirtualService of Gloo with its hosts that delegates to it: delegateAction: {ref: {name: ${canary.apexName}, namespace: ${canary.namespace}}}`,
            },
          },
        ];
      default:
        return [];
    }
  });
}

/** Ingress controllers that no provider of Flagger weighs, and that send to the pods or to the Service as it is. */
const isForeign = ({ kind }: RouteView): boolean => ['Mapping', 'Route', 'TargetGroupBinding'].includes(kind);

/** Whether Emissary names the Service to the proxy of Linkerd beside it. @see linkerd.io/2/tasks/using-ingress (Emissary) */
const isMeshedEmissary = (world: World, { entry }: RouteView): boolean =>
  [entry, ...world.ofKind('Module')].some(({ object }) =>
    JSON.stringify(object).includes('"add_linkerd_headers":true'),
  );

/** What a provider of one's own ingress controller weighs; with Linkerd a Mapping leads to the Service, which is weighed. */
const weighedObjects: Readonly<Record<string, string>> = {
  contour: 'HTTPProxy',
  gloo: 'RouteTable',
  traefik: 'TraefikService',
};

function pastProvider(route: RouteView, pointer: string, weighs: string): WayIn {
  return {
    route,
    words: {
      pointer,
      severity: 'warning',
      weighs,
      fix: `let these requests come in by ${weighs}, or leave ${route.kind} "${route.name}" if the canary need not get them`,
    },
  };
}

/** Whether Flagger overwrites the route: another rule speaks of that. */
function isTakenOver({ kind, name, namespace }: RouteView, canary: CanaryView): boolean {
  return (
    namespace === canary.namespace &&
    providerOf(canary.provider.value).routes.some(
      (made) => made.kind === kind && made.names(canary.entry.object).includes(name),
    )
  );
}

/** Traefik and Contour send to the pods behind a Service; Linkerd shares only what is sent to the Service. */
function pastLinkerd(world: World, route: RouteView, pointer: string): WayIn[] {
  const isTraefik = route.kind === 'IngressRoute';
  const texts = [
    route.entry.object,
    ...(isTraefik ? world.ofKind('Middleware').filter(({ namespace }) => namespace === route.namespace) : []).map(
      ({ object }) => object,
    ),
  ].map((object) => JSON.stringify(object));
  if (texts.some((text) => text.includes('l5d-dst-override') || text.includes('"nativeLB":true'))) return [];
  return [
    {
      route,
      words: {
        pointer,
        severity: 'warning',
        weighs: `what is sent to the Service, and ${isTraefik ? 'Traefik' : 'Contour'} sends to the pods behind it`,
        fix: isTraefik
          ? `write nativeLB: true beside the service in IngressRoute "${route.name}", and let the pods of Traefik have the proxy of Linkerd`
          : `set the request header l5d-dst-override to the name and port of the Service in HTTPProxy "${route.name}" (requestHeadersPolicy), and let Envoy's pods have the proxy of Linkerd in ingress mode`,
      },
    },
  ];
}
