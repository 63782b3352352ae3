import { at, listAt, textAt } from '../../kube';
import type { CanaryView, RouteView } from '../../world';
import { canary, deployment, istioGateway, virtualService } from '../case-manifests';
import { firstBy } from '../first-by';
import { rule } from '../rule';

export default rule({
  id: 'gateway-host-conflict',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Two routes for one host on one Gateway are merged or ordered by age: requests can go to the other one, past the weights of the Canary.',
  cause: 'two routes claim one host on one Gateway',
  source: ['fluxcd/flagger v1.44 docs/gitbook/faq.md (How can I expose multiple canaries)'],
  codes: ['GATEWAY_HOST_CONFLICT'],
  each: 'canary',
  shared: (world) => firstBy(world.canaries(), claims),
  check(canary, report, world, firsts) {
    if (!canary.isIstio) return;
    const claim = claims(canary).find((one) => (firsts.get(one) ?? canary) !== canary);
    const first = claim === undefined ? undefined : firsts.get(claim);
    if (first && (first.namespace !== canary.namespace || first.apexName !== canary.apexName)) {
      const [gateway, host] = claim!.split(' ');
      report(canary, {
        pointer: '/spec/service/hosts',
        message: `Canary "${canary.name}" and Canary "${first.name}" both claim the same requests of host "${host}" on Gateway ${gateway}: Istio sends them all to one of the two`,
        fix: 'give each its own host, or separate paths with service.match (uri.prefix)',
      });
    }
    for (const [index, host] of canary.hosts.entries()) {
      for (const route of world.writtenRoutesWithHost(host)) {
        if (
          route.kind !== 'VirtualService' ||
          !route.gateways.some((gateway) => gateway !== 'mesh' && canary.gateways.includes(gateway))
        )
          continue;
        // One that leads to this Canary, or to its own route, is no rival.
        if (
          [...route.backends, ...route.delegates].some(
            ({ name, namespace }) => name === canary.apexName && namespace === canary.namespace,
          )
        )
          continue;
        if (route.name === canary.apexName && route.namespace === canary.namespace) continue;
        if (areApart(pathsOfMatches(listAt(canary.service, 'match')), pathsOfRoute(route))) continue;
        report(canary, {
          pointer: `/spec/service/hosts/${index}`,
          message: `the host "${host}" of Canary "${canary.name}" also belongs to VirtualService ${route.namespace}/${route.name} on the same Gateway`,
          fix: 'give each its own host, or separate paths with service.match and delegation',
        });
      }
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'two Canaries for all requests of one host',
        manifests: [
          ...['frontend', 'admin'].flatMap((name) => [
            deployment(name),
            canary(name, { service: { gateways: ['shop/public'], hosts: ['shop.example.com'] } }),
          ]),
          istioGateway('public', ['*.example.com']),
        ],
        expect: [
          {
            object: 'Canary shop/admin',
            pointer: '/spec/service/hosts',
            message:
              'Canary "admin" and Canary "frontend" both claim the same requests of host "shop.example.com" on Gateway shop/public: Istio sends them all to one of the two',
          },
        ],
      },
      {
        name: 'two routes',
        manifests: [
          deployment('frontend'),
          canary('frontend', { service: { gateways: ['shop/public', 'mesh'], hosts: ['shop.example.com'] } }),
          istioGateway('public', ['*.example.com']),
          virtualService('other', {
            hosts: ['shop.example.com'],
            gateways: ['shop/public'],
            http: [{ route: [{ destination: { host: 'other' } }] }],
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/service/hosts/0',
            message:
              'the host "shop.example.com" of Canary "frontend" also belongs to VirtualService shop/other on the same Gateway',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a route for other paths of the host',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            service: {
              gateways: ['shop/public'],
              hosts: ['shop.example.com'],
              match: [{ uri: { prefix: '/shop' } }],
            },
          }),
          istioGateway('public', ['*.example.com']),
          virtualService('other', {
            hosts: ['shop.example.com'],
            gateways: ['shop/public'],
            http: [
              { match: [{ uri: { prefix: '/images' } }], route: [{ destination: { host: 'images' } }] },
              { match: [{ uri: { exact: '/login' } }], route: [{ destination: { host: 'login' } }] },
            ],
          }),
        ],
      },
      {
        name: 'two Canaries for paths of one host',
        manifests: [
          ...['frontend', 'admin'].flatMap((name) => [
            deployment(name),
            canary(name, {
              service: {
                gateways: ['shop/public'],
                hosts: ['shop.example.com'],
                match: [{ uri: { prefix: `/${name}` } }],
              },
            }),
          ]),
          istioGateway('public', ['*.example.com']),
        ],
      },
      {
        name: 'the other one delegates to the route of the Canary',
        manifests: [
          deployment('frontend'),
          canary('frontend', { service: { gateways: ['shop/public', 'mesh'], hosts: ['shop.example.com'] } }),
          istioGateway('public', ['*.example.com']),
          virtualService('root', {
            hosts: ['shop.example.com'],
            gateways: ['shop/public'],
            http: [{ delegate: { name: 'frontend' } }],
          }),
        ],
      },
      {
        name: 'two hosts',
        manifests: [
          deployment('frontend'),
          canary('frontend', { service: { gateways: ['shop/public', 'mesh'], hosts: ['shop.example.com'] } }),
          istioGateway('public', ['*.example.com']),
          virtualService('other', {
            hosts: ['other.example.com'],
            gateways: ['shop/public'],
            http: [{ route: [{ destination: { host: 'other' } }] }],
          }),
        ],
      },
    ],
  }),
});

/** The requests that the Canary wants at gateways: gateway, host, and what of its paths. */
function claims(canary: CanaryView): string[] {
  if (!canary.isIstio || canary.isDelegated) return [];
  const gateways = canary.gateways.filter((gateway) => gateway !== 'mesh');
  const matches = listAt(canary.service, 'match');
  const paths = matches.length === 0 ? ['*'] : matches.map((match) => JSON.stringify(at(match, 'uri') ?? match));
  return gateways.flatMap((gateway) =>
    canary.hosts.flatMap((host) => paths.map((path) => `${gateway} ${host} ${path}`)),
  );
}

/** A path that requests must have: whole, or as it begins. */
interface Path {
  readonly text: string;
  readonly isPrefix: boolean;
}

/** Undefined: any path, or one that only an expression says. */
function pathsOfMatches(matches: readonly unknown[]): readonly Path[] | undefined {
  const paths = matches.map((match) => {
    const [exact, prefix] = [textAt(match, 'uri', 'exact'), textAt(match, 'uri', 'prefix')];
    const text = (exact ?? prefix)?.toLowerCase();
    return text === undefined ? undefined : { text, isPrefix: exact === undefined };
  });
  return paths.length > 0 && paths.every((path) => path !== undefined) ? paths : undefined;
}

function pathsOfRoute({ entry: { object } }: RouteView): readonly Path[] | undefined {
  const all = listAt(object, 'spec', 'http').map((rule) => pathsOfMatches(listAt(rule, 'match')));
  return all.length > 0 && all.every((paths) => paths !== undefined) ? all.flat() : undefined;
}

/** Istio merges the routes of one host at a gateway: those for other paths take nothing away. @see istio.io/latest/docs/ops/best-practices/traffic-management */
function areApart(own: readonly Path[] | undefined, others: readonly Path[] | undefined): boolean {
  if (!own || !others) return false;
  const meets = (one: Path, other: Path) =>
    one.text === other.text ||
    (one.isPrefix && other.text.startsWith(one.text)) ||
    (other.isPrefix && one.text.startsWith(other.text));
  return !own.some((one) => others.some((other) => meets(one, other)));
}
