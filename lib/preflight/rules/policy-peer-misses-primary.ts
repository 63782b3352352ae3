import { at, isFields, type LabelSelector, labelSelectorOf, listAt, matchesLabels } from '../../kube';
import { type CanaryView, type Entry, push, type World } from '../../world';
import { canary, deployment } from '../case-manifests';
import { cutBetween } from '../network-policy';
import { podsOf } from '../pods';
import { rule } from '../rule';

interface Peer {
  readonly pointer: string;
  readonly selector: LabelSelector;
}

const policy = (ingress: readonly unknown[]) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'db', namespace: 'shop' },
  spec: { podSelector: { matchLabels: { app: 'db' } }, policyTypes: ['Ingress'], ingress },
});

export default rule({
  id: 'policy-peer-misses-primary',
  severity: 'error',
  effect: 'outage',
  since: '0.2.0',
  why: 'Between rollouts the primary does the work, and its pods carry the label with -primary behind the value. A policy of somebody else that lets the pods of the target in (or to which others may go) by that label does not mean the primary: its calls are cut off as soon as Flagger has made it.',
  cause: 'the pods of the primary carry another value of the label',
  source: [
    'fluxcd/flagger v1.44 pkg/canary/util.go (makePrimaryLabels)',
    'kubernetes v1.34 staging/src/k8s.io/api/networking/v1/types.go (NetworkPolicyPeer)',
    'cilium/cilium 1.18 Documentation/security/policy/language.rst (fromEndpoints, toEndpoints)',
  ],
  codes: [],
  each: 'canary',
  shared(world) {
    const policies = [
      ...world.ofKind('NetworkPolicy').map((entry) => ({ entry, peers: peersOf(entry) })),
      ...world.ofKind('CiliumNetworkPolicy').map((entry) => ({ entry, peers: endpointsOf(entry) })),
    ].filter(({ peers }) => peers.length > 0);
    return policies.length === 0 ? undefined : new PeerIndex(policies);
  },
  check(one, report, world, index) {
    const { target, primaryPodLabels, selectorLabel } = one;
    if (!target || !primaryPodLabels || !selectorLabel) return;
    const { key, value } = selectorLabel;
    for (const { entry, peers } of index.naming(target.podLabels)) {
      if (entry.namespace !== one.namespace || isOfCanary(world, entry, one)) continue;
      if (peers.some(({ selector }) => matchesLabels(selector, primaryPodLabels))) continue;
      const peer = peers.find(({ selector }) => isNamed(selector) && matchesLabels(selector, target.podLabels));
      if (!peer || isReachedAnyway(world, entry, one, peer)) continue;
      report(entry, {
        about: one,
        pointer: peer.pointer,
        message: `${entry.kind} "${entry.name}" names the pods of "${target.name}" (${key}: ${value}), and not those of "${target.name}-primary", which do the work of Canary "${one.name}" between rollouts: they are cut off`,
        fix: `name both: matchExpressions: [{key: ${key}, operator: In, values: [${value}, ${value}-primary]}], or add a second entry with ${key}: ${value}-primary`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'the database lets the target in',
        manifests: [
          deployment('cart'),
          canary('cart'),
          policy([{ from: [{ podSelector: { matchLabels: { app: 'cart' } } }] }]),
        ],
        expect: [
          {
            object: 'NetworkPolicy shop/db',
            pointer: '/spec/ingress/0/from/0/podSelector',
            message:
              'NetworkPolicy "db" names the pods of "cart" (app: cart), and not those of "cart-primary", which do the work of Canary "cart" between rollouts: they are cut off',
          },
        ],
      },
      {
        name: 'the same of Cilium',
        manifests: [
          deployment('cart'),
          canary('cart'),
          {
            apiVersion: 'cilium.io/v2',
            kind: 'CiliumNetworkPolicy',
            metadata: { name: 'db', namespace: 'shop' },
            spec: {
              endpointSelector: { matchLabels: { app: 'db' } },
              ingress: [{ fromEndpoints: [{ matchLabels: { app: 'cart' } }] }],
            },
          },
        ],
        expect: [{ object: 'CiliumNetworkPolicy shop/db', pointer: '/spec/ingress/0/fromEndpoints/0' }],
      },
    ],
    good: [
      {
        name: 'another policy lets the primary through',
        manifests: [
          deployment('cart', { podLabels: { 'app.kubernetes.io/name': 'cart' } }),
          deployment('db'),
          canary('cart'),
          policy([{ from: [{ podSelector: { matchLabels: { app: 'cart' } } }] }]),
          {
            ...policy([{ from: [{ podSelector: { matchLabels: { 'app.kubernetes.io/name': 'cart' } } }] }]),
            metadata: { name: 'db-too', namespace: 'shop' },
          },
        ],
      },
      {
        name: 'both are named',
        manifests: [
          deployment('cart'),
          canary('cart'),
          policy([{ from: ['cart', 'cart-primary'].map((app) => ({ podSelector: { matchLabels: { app } } })) }]),
        ],
      },
      {
        name: 'by the namespace',
        manifests: [deployment('cart'), canary('cart'), policy([{ from: [{ podSelector: {} }] }])],
      },
    ],
  }),
});

/** Whether other policies let the primary through to all pods that this one is about. */
function isReachedAnyway(world: World, entry: Entry, { primary }: CanaryView, { pointer }: Peer): boolean {
  if (entry.kind !== 'NetworkPolicy' || !primary) return false;
  const others = world.workloadsMatching(entry.namespace, labelSelectorOf(at(entry.object, 'spec', 'podSelector')));
  const one = podsOf(primary);
  return (
    others.length > 0 &&
    others.every((other) => {
      const ends = podsOf(other);
      const ports = other.containerPorts.map(({ containerPort }) => containerPort);
      return (ports.length === 0 ? [undefined] : ports).some((port) =>
        pointer.startsWith('/spec/ingress')
          ? cutBetween(world, one, ends, port) === undefined
          : cutBetween(world, ends, one, port) === undefined,
      );
    })
  );
}

interface PolicyPeers {
  readonly entry: Entry;
  readonly peers: readonly Peer[];
}

/** Policies by the labels that their peers ask for: with a policy a service, each canary must not look at all of them. */
class PeerIndex {
  private readonly byLabel = new Map<string, number[]>();
  /** Those with conditions that are no labels. */
  private readonly others: number[] = [];

  constructor(private readonly policies: readonly PolicyPeers[]) {
    for (const [number, { peers }] of policies.entries())
      for (const { selector } of peers) {
        const [label] = Object.entries(selector.matchLabels ?? {});
        if (!label) this.others.push(number);
        else push(this.byLabel, label.join('='), number);
      }
  }

  /** Those of which a peer can be the pods, in their order. */
  naming(labels: Readonly<Record<string, string>>): PolicyPeers[] {
    const found = Object.entries(labels).flatMap((label) => this.byLabel.get(label.join('=')) ?? []);
    return [...new Set([...found, ...this.others])].sort((a, b) => a - b).map((number) => this.policies[number]!);
  }
}

const isNamed = ({ matchLabels, matchExpressions }: LabelSelector): boolean =>
  Object.keys(matchLabels ?? {}).length > 0 || (matchExpressions?.length ?? 0) > 0;

/** Policies that select the Canary's own pods are other rules'. */
function isOfCanary(world: World, entry: Entry, { target, namespace }: CanaryView): boolean {
  return (
    entry.kind === 'NetworkPolicy' &&
    target !== undefined &&
    world.selecting('NetworkPolicy', { namespace, podLabels: target.podLabels }).includes(entry)
  );
}

function peersOf({ object }: Entry): Peer[] {
  return [
    ['ingress', 'from'],
    ['egress', 'to'],
  ].flatMap(([list = '', peers = '']) =>
    listAt(object, 'spec', list).flatMap((direction, index) =>
      listAt(direction, peers).flatMap((peer, number) => {
        const found = at(peer, 'podSelector');
        // One with a namespace may mean pods elsewhere.
        if (!isFields(found) || at(peer, 'namespaceSelector') !== undefined) return [];
        return [{ pointer: `/spec/${list}/${index}/${peers}/${number}/podSelector`, selector: labelSelectorOf(found) }];
      }),
    ),
  );
}

/** Labels of Cilium can have their source before a colon. */
function endpointsOf({ object }: Entry): Peer[] {
  return [
    ['ingress', 'fromEndpoints'],
    ['egress', 'toEndpoints'],
  ].flatMap(([list = '', peers = '']) =>
    listAt(object, 'spec', list).flatMap((direction, index) =>
      listAt(direction, peers).flatMap((peer, number) => {
        const selector = labelSelectorOf(peer);
        const labels = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => [
          key.replace(/^(k8s|any):/, ''),
          value,
        ]);
        if (labels.some(([key]) => key?.startsWith('io.kubernetes.pod.namespace'))) return [];
        return [
          {
            pointer: `/spec/${list}/${index}/${peers}/${number}`,
            selector: { ...selector, matchLabels: Object.fromEntries(labels) as Readonly<Record<string, string>> },
          },
        ];
      }),
    ),
  );
}
