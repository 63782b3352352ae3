import { nearest } from '../../findings';
import { at, textAt, textsAt } from '../../kube';
import { type CanaryView, qualifyGateway } from '../../world';
import { canary, deployment, istioGateway } from '../case-manifests';
import { rule } from '../rule';
import { stateThatItExists, unplacedWords } from '../statement';

const istio = { group: 'networking.istio.io', wrongGroup: 'gateway.networking.k8s.io' } as const;
const gatewayApi = { group: istio.wrongGroup, wrongGroup: istio.group } as const;

const shared = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: { name: 'public', namespace: 'ingress' },
  spec: {
    gatewayClassName: 'istio',
    listeners: [{ name: 'http', port: 80, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'All' } } }],
  },
};
const routed = (ref: object) =>
  canary('frontend', {
    spec: { provider: 'gatewayapi:v1' },
    service: { hosts: ['shop.example.com'], gatewayRefs: [ref] },
    analysis: { metrics: [] },
  });

export default rule({
  id: 'gateway-not-found',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: "A VirtualService or an HTTPRoute that names a Gateway which does not exist gets nothing from outside: nobody answers for its hosts, and the canary's metrics have no values. A name without a namespace means the Canary's own.",
  cause: 'the route that Flagger makes is bound to a Gateway that is not there',
  source: [
    'fluxcd/flagger v1.44 pkg/router/istio.go',
    'istio/istio 1.31 pilot/pkg/model/config.go (resolveGatewayName)',
    'fluxcd/flagger v1.44 pkg/router/gateway_api.go (Reconcile)',
    'kubernetes-sigs/gateway-api v1 apis/v1/shared_types.go (ParentReference)',
  ],
  codes: ['GATEWAY_NOT_FOUND'],
  restsOn: ['namespace'],
  comesLast: true,
  each: 'canary',
  check(canary, report, world) {
    const { group, wrongGroup } = canary.isGatewayApi ? gatewayApi : istio;
    const named = canary.isIstio ? istioNames(canary) : canary.isGatewayApi ? gatewayApiNames(canary) : [];
    for (const { namespace, name, pointer } of named) {
      const key = `${namespace}/${name}`;
      if (world.gateway(key, group)) continue;
      const other = world.gateway(key, wrongGroup);
      if (!other && world.mayExist('Gateway', namespace, name)) continue;
      const unplaced = world.unplaced('Gateway', name, group);
      if (unplaced) {
        report(canary, {
          pointer,
          ...unplacedWords(`Canary "${canary.name}" names the Gateway ${key}`, unplaced, namespace),
        });
        continue;
      }
      const known = world.ofKind('Gateway', group).map((entry) => `${entry.namespace}/${entry.name}`);
      const near = known.find((candidate) => candidate.endsWith(`/${name}`)) ?? nearest(key, known);
      report(canary, {
        pointer,
        // Without a namespace of the Canary its target is not found either: one mistake.
        ...(at(canary.entry.object, 'metadata', 'namespace') === undefined ? { echoOf: ['target-missing'] } : {}),
        severity: known.length === 0 && !other ? 'warning' : 'error',
        message: other
          ? `Canary "${canary.name}" names the Gateway ${key}, which is one of ${wrongGroup}, and provider ${canary.provider.value} takes those of ${group}`
          : `Canary "${canary.name}" names the Gateway ${key}, which ${known.length === 0 ? 'is not among the manifests' : 'does not exist'}`,
        ...(near ? { nearest: near } : {}),
        fix: near
          ? `write ${canary.isGatewayApi ? `namespace: ${near.slice(0, near.indexOf('/'))}, name: ${near.slice(near.indexOf('/') + 1)}` : `"${near}"`}`
          : `make the Gateway (apiVersion ${group}/v1), name one that exists ${canary.isGatewayApi ? 'by name and namespace' : 'as namespace/name'}, or ${stateThatItExists('Gateway', namespace, name)}`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'in another namespace',
        manifests: [
          deployment('frontend'),
          canary('frontend', { service: { gateways: ['istio-system/public', 'mesh'] } }),
          istioGateway('public', ['*']),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/service/gateways/0',
            message: 'Canary "frontend" names the Gateway istio-system/public, which does not exist',
          },
        ],
      },
      {
        name: 'a reference without a namespace, to a Gateway of another one',
        manifests: [deployment('frontend'), shared, routed({ name: 'public' })],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/service/gatewayRefs/0/name',
            severity: 'error',
            message: 'Canary "frontend" names the Gateway shop/public, which does not exist',
          },
        ],
      },
      {
        name: "the Gateway is Istio's own kind",
        manifests: [deployment('frontend'), istioGateway('public', ['*']), routed({ name: 'public' })],
        expect: [
          {
            object: 'Canary shop/frontend',
            severity: 'error',
            message:
              'Canary "frontend" names the Gateway shop/public, which is one of networking.istio.io, and provider gatewayapi:v1 takes those of gateway.networking.k8s.io',
          },
        ],
      },
      {
        name: 'the manifest of the Gateway names no namespace: it may go to that one',
        manifests: [
          deployment('frontend'),
          canary('frontend', { service: { gateways: ['public.istio-system.svc.cluster.local', 'mesh'] } }),
          { ...istioGateway('public', ['*']), metadata: { name: 'public' } },
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/service/gateways/0',
            severity: 'warning',
            message:
              'Canary "frontend" names the Gateway istio-system/public, and the manifest of Gateway "public" names no namespace',
          },
        ],
      },
      {
        name: 'no Gateway is among the manifests: it may be in the cluster',
        manifests: [deployment('frontend'), routed({ name: 'public', namespace: 'ingress' })],
        expect: [{ object: 'Canary shop/frontend', severity: 'warning' }],
      },
    ],
    good: [
      {
        name: 'a Gateway of another namespace',
        manifests: [deployment('frontend'), shared, routed({ name: 'public', namespace: 'ingress' })],
      },
      {
        name: 'a Service as parent',
        manifests: [deployment('frontend'), routed({ group: '', kind: 'Service', name: 'frontend', port: 80 })],
      },
      {
        name: 'a Gateway that is stated to exist',
        manifests: [deployment('frontend'), routed({ name: 'public', namespace: 'ingress' })],
        facts: { exists: ['Gateway ingress/public'] },
      },
      {
        name: 'by its old name',
        manifests: [
          deployment('frontend'),
          canary('frontend', { service: { gateways: ['public.shop.svc.cluster.local', 'mesh'] } }),
          istioGateway('public', ['*']),
        ],
      },
      {
        name: 'it exists',
        manifests: [
          deployment('frontend'),
          canary('frontend', { service: { gateways: ['shop/public', 'mesh'] } }),
          istioGateway('public', ['*']),
        ],
      },
    ],
  }),
});

interface NamedGateway {
  readonly namespace: string;
  readonly name: string;
  readonly pointer: string;
}

function istioNames(canary: CanaryView): readonly NamedGateway[] {
  return textsAt(canary.service, 'gateways').flatMap((written, index) => {
    const [namespace = '', name = ''] = qualifyGateway(written, canary.namespace).split('/');
    return written === 'mesh' ? [] : { namespace, name, pointer: `/spec/service/gateways/${index}` };
  });
}

function gatewayApiNames(canary: CanaryView): readonly NamedGateway[] {
  return canary.gatewayRefs.flatMap((ref, index) => {
    const name = textAt(ref, 'name');
    if ((textAt(ref, 'kind') || 'Gateway') !== 'Gateway' || !name) return [];
    const namespace = textAt(ref, 'namespace') || canary.namespace;
    return { namespace, name, pointer: `/spec/service/gatewayRefs/${index}/name` };
  });
}
