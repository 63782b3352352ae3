import { hostMatches, listAt, textAt } from '../../kube';
import type { CanaryView, RouteView } from '../../world';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const grpcRoute = (hostnames: readonly string[], namespace = 'shop') => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'GRPCRoute',
  metadata: { name: 'cart-grpc', namespace: 'shop' },
  spec: {
    parentRefs: [{ name: 'public', namespace }],
    hostnames,
    rules: [{ backendRefs: [{ name: 'cart-api', port: 9090 }] }],
  },
});
const onGateway = canary('cart', {
  spec: { provider: 'gatewayapi:v1' },
  service: { hosts: ['shop.example'], gatewayRefs: [{ name: 'public' }] },
  analysis: { metrics: [] },
});

export default rule({
  id: 'route-kind-conflict',
  severity: 'error',
  effect: 'outage',
  since: '0.3.0',
  why: 'The Gateway API lets one listener serve one hostname by HTTPRoutes or by GRPCRoutes, not by both: of two that meet the older one is accepted, and the other one is refused (Accepted: False). Flagger writes an HTTPRoute. Where a GRPCRoute has the same hostname on the same listener, either the Canary gets nothing, or what was there before does not any more.',
  cause: 'one hostname of a listener belongs to HTTPRoutes or to GRPCRoutes',
  source: [
    'gateway-api.sigs.k8s.io/reference/api-types/grpcroute (Cross serving)',
    'fluxcd/flagger v1.44 pkg/router/gateway_api.go (Reconcile)',
    'fluxcd/flagger issue 1935',
  ],
  codes: [],
  each: 'canary',
  check(canary, report, world) {
    if (!canary.isGatewayApi || canary.gatewayRefs.length === 0) return;
    const rival = world.writtenRoutes().find((route) => route.kind === 'GRPCRoute' && meets(route, canary));
    if (!rival) return;
    const host = rival.hosts.find((one) => canary.hosts.some((own) => sameHost(one, own)));
    report(rival, {
      about: canary,
      pointer: '/spec/hostnames',
      message: `GRPCRoute "${rival.name}" and the HTTPRoute that Flagger makes for Canary "${canary.name}" claim ${host === undefined ? 'all hosts' : `the host ${host}`} on one listener: the gateway refuses the younger one`,
      fix: 'give each of them a hostname or a listener (sectionName) of its own',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'one host on one Gateway',
        manifests: [deployment('cart'), onGateway, grpcRoute(['shop.example'])],
        expect: [
          {
            object: 'GRPCRoute shop/cart-grpc',
            pointer: '/spec/hostnames',
            message:
              'GRPCRoute "cart-grpc" and the HTTPRoute that Flagger makes for Canary "cart" claim the host shop.example on one listener: the gateway refuses the younger one',
          },
        ],
      },
    ],
    good: [
      { name: 'another host', manifests: [deployment('cart'), onGateway, grpcRoute(['grpc.shop.example'])] },
      { name: 'another Gateway', manifests: [deployment('cart'), onGateway, grpcRoute(['shop.example'], 'other')] },
    ],
  }),
});

function meets(route: RouteView, { hosts, gatewayRefs, namespace }: CanaryView): boolean {
  const isShared = listAt(route.entry.object, 'spec', 'parentRefs').some((theirs) =>
    gatewayRefs.some(
      (own) =>
        textAt(theirs, 'name') === textAt(own, 'name') &&
        (textAt(theirs, 'namespace') || route.namespace) === (textAt(own, 'namespace') || namespace) &&
        (textAt(theirs, 'kind') ?? 'Gateway') === (textAt(own, 'kind') ?? 'Gateway') &&
        isSameOrAll(textAt(theirs, 'sectionName'), textAt(own, 'sectionName')),
    ),
  );
  if (!isShared) return false;
  // Precedence among hosts that merely overlap is by the longer one: only equal ones are refused.
  return hosts.length === 0 || route.hosts.length === 0
    ? hosts.length === route.hosts.length
    : route.hosts.some((theirs) => hosts.some((own) => sameHost(theirs, own)));
}

const isSameOrAll = (one: string | undefined, other: string | undefined): boolean =>
  one === undefined || other === undefined || one === other;

const sameHost = (one: string, other: string): boolean =>
  one === other || (hostMatches(one, other) && hostMatches(other, one));
