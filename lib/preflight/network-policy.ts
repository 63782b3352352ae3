import {
  at,
  isFields,
  isolatedDirections,
  type LabelSelector,
  labelSelectorOf,
  listAt,
  matchesLabels,
  numberAt,
  parseCidr,
  textAt,
  textsAt,
} from '../kube';
import type { Entry, Workload, World } from '../world';
import { ciliumRules, ciliumSelector } from './cilium-rules';
import { podPort } from './mutual-tls';
import type { Pods, Reader } from './pods';

/** The NetworkPolicy that cuts a connection. */
export interface Cut {
  readonly policy: Entry;
  readonly direction: 'Egress' | 'Ingress';
}

/** Whether something holds, as far as manifests say. */
type Truth = 'yes' | 'no' | 'maybe';

/**
 * The NetworkPolicy that cuts the connections of some pods to a port of others, for certain: one selects them, and no rule of
 * any that does (or may) lets the connection through. An address block may hold any pod, so it lets everything through, but for the
 * node's own link.
 * @see kubernetes v1.34 staging/src/k8s.io/api/networking/v1/types.go (NetworkPolicySpec)
 */
export function cutBetween(world: World, from: Pods, to: Pods, port: number | undefined): Cut | undefined {
  // Between pods of ambient mode all goes through one port.
  const seen = from.injection.ambient && to.injection.ambient ? HBONE : port;
  return cutAt(world, 'Egress', from, to, to, seen) ?? cutAt(world, 'Ingress', to, from, to, seen);
}

/**
 * The CiliumNetworkPolicy that denies a connection for certain, whatever others let through.
 * @see cilium v1.18 docs security/policy/language (Deny Policies)
 */
export function deniedBetween(world: World, from: Pods, to: Pods, port: number | undefined): Cut | undefined {
  const policies = world.ofKind('CiliumNetworkPolicy');
  if (policies.length === 0) return undefined;
  for (const [direction, side, other] of [
    ['Egress', from, to],
    ['Ingress', to, from],
  ] as const)
    for (const policy of policies) {
      if (
        policy.namespace !== side.namespace ||
        selects(labelSelectorOf(ciliumSelector(policy.object)), side.labels) !== 'yes'
      )
        continue;
      const rules = ciliumRules(policy.object, direction === 'Egress' ? 'egressDeny' : 'ingressDeny');
      const denies = rules.some(({ peers, ports }) => {
        const isPeer = peers.some((peer) => peer === undefined || peerMatches(world, policy, peer, other) === 'yes');
        return isPeer && portsMatch(ports, to, port) === 'yes';
      });
      if (denies) return { policy, direction };
    }
  return undefined;
}

/** @see istio.io 1.31 ambient/usage/networkpolicy */
const HBONE = 15008;

/**
 * What cuts the Prometheus that reads counters off from pods, where each of the ports is cut. Where only its address is known, the
 * policies of the catalog alone count: these name it.
 */
export function scrapeCut(
  world: World,
  { pods, isGuess }: Reader,
  to: Pods,
  ports: readonly number[],
): Cut | undefined {
  const cuts = ports.map((port) => cutBetween(world, pods, to, port));
  const [cut] = cuts;
  return cut && !cuts.includes(undefined) && (!isGuess || isOurs(cut.policy)) ? cut : undefined;
}

/** As `cutBetween`, one end and some of the policies alone: whether these refuse the connection at the pods that they select. */
export function isCutBy(
  world: World,
  direction: Cut['direction'],
  { from, to, port }: { readonly from: Pods; readonly to: Pods; readonly port: number | undefined },
  counts: (policy: Entry) => boolean,
): boolean {
  const [side, other] = direction === 'Egress' ? [from, to] : [to, from];
  const seen = from.injection.ambient && to.injection.ambient ? HBONE : port;
  return cutAt(world, direction, side, other, to, seen, counts) !== undefined;
}

/** Whether the catalog is where it can be changed. */
export const isOurs = (policy: Entry): boolean => policy.labels['app.kubernetes.io/managed-by'] === 'aviary';

/** What lets the connection through, as an instruction. */
export function letThrough(
  { policy, direction }: Cut,
  from: Pods,
  to: Pods,
  ports: readonly (number | undefined)[],
): string {
  const [side, other] = direction === 'Egress' ? [from, to] : [to, from];
  // What default-deny cuts and no service is has no place in the catalog.
  if (isOurs(policy) && (side.workload || direction === 'Ingress'))
    return direction === 'Egress'
      ? `say in the catalog that ${from.what} calls it: a reference in "env", or "calls"`
      : `say in the catalog who calls it: a reference or "calls" of the caller, or "callers" where it is no service of the catalog`;
  const [list, peer] = direction === 'Egress' ? ['egress', 'to'] : ['ingress', 'from'];
  const open = ports.filter((port) => port !== undefined).map((port) => `{port: ${port}}`);
  const labels = Object.entries(side.labels ?? {}).map(([key, value]) => `${key}: ${value}`);
  return (
    `add a NetworkPolicy to namespace "${side.namespace}" with podSelector: {${labels.length > 0 ? `matchLabels: {${labels.join(', ')}}` : ''}}, ` +
    `policyTypes: [${direction}], ${list}: [{${peer}: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ${other.namespace}}}}]${open.length > 0 ? `, ports: [${open.join(', ')}]` : ''}}]`
  );
}

/** The policy by which the pods may not ask for names: one isolates them, and none lets a DNS port through. */
export function dnsCut(world: World, pods: Pods): Entry | undefined {
  if (pods.workload?.hostNetwork || !pods.labels) return undefined;
  const policies = policiesOf(world, pods).filter(({ policy }) => isolatedDirections(policy.object).includes('Egress'));
  const opens = (rule: unknown): boolean => {
    const ports = listAt(rule, 'ports');
    return (
      ports.length === 0 ||
      ports.some((one) => {
        const written = at(one, 'port');
        const first = numberAt(one, 'port');
        const last = numberAt(one, 'endPort') ?? first;
        return (
          typeof written === 'string' ||
          written === undefined ||
          DNS_PORTS.some((port) => first !== undefined && last !== undefined && port >= first && port <= last)
        );
      })
    );
  };
  const lets = policies.some(({ policy }) => listAt(policy.object, 'spec', 'egress').some(opens));
  if (lets) return undefined;
  const all = policies.map(({ policy }) => policy);
  return all.find((policy) => !isOfAllPods(policy)) ?? all[0];
}

/**
 * The policy by which the node's probes do not reach a port of pods in ambient mode: they come from one address, which some rule has
 * to name. @see istio.io 1.31 ambient/usage/networkpolicy
 */
export function probesCut(world: World, pods: Pods, port: number): Entry | undefined {
  if (pods.workload?.hostNetwork || !pods.labels) return undefined;
  const policies = policiesOf(world, pods).filter(({ policy }) =>
    isolatedDirections(policy.object).includes('Ingress'),
  );
  const isNamed = (peer: unknown): boolean => {
    const cidr = textAt(peer, 'ipBlock', 'cidr');
    const range = cidr === undefined ? undefined : parseCidr(cidr);
    return range?.ok === true && range.value.first <= PROBES && PROBES <= range.value.last;
  };
  const lets = policies.some(({ policy }) =>
    listAt(policy.object, 'spec', 'ingress').some((rule) => {
      const peers = listAt(rule, 'from');
      return (peers.length === 0 || peers.some(isNamed)) && portsMatch(listAt(rule, 'ports'), pods, port) !== 'no';
    }),
  );
  if (lets) return undefined;
  const all = policies.map(({ policy }) => policy);
  return all.find((policy) => !isOfAllPods(policy)) ?? all[0];
}

/**
 * The policy by which pods do not reach the API server: it is at addresses, and no pods by whose labels a rule could name it. One
 * that names any address on one of its ports may mean it.
 */
export function apiServerCut(world: World, pods: Pods): Entry | undefined {
  if (pods.workload?.hostNetwork || !pods.labels) return undefined;
  const policies = policiesOf(world, pods).filter(({ policy }) => isolatedDirections(policy.object).includes('Egress'));
  const mayBe = (peer: unknown): boolean =>
    at(peer, 'ipBlock') !== undefined && textAt(peer, 'ipBlock', 'cidr')?.startsWith('169.254.') !== true;
  const lets = policies.some(({ policy }) =>
    listAt(policy.object, 'spec', 'egress').some((rule) => {
      const peers = listAt(rule, 'to');
      const isPort = [443, 6443, 8443, 16443].some((port) => portsMatch(listAt(rule, 'ports'), pods, port) !== 'no');
      return isPort && (peers.length === 0 || peers.some(mayBe));
    }),
  );
  if (lets) return undefined;
  const all = policies.map(({ policy }) => policy);
  return all.find((policy) => !isOfAllPods(policy)) ?? all[0];
}

/** 169.254.7.127 */
const PROBES = ((169 * 256 + 254) * 256 + 7) * 256 + 127;

/** The port of the Service, and those on which the pods of some distributions listen. */
const DNS_PORTS = [53, 5353, 8053, 1053];

function cutAt(
  world: World,
  direction: Cut['direction'],
  side: Pods,
  other: Pods,
  receiver: Pods,
  port: number | undefined,
  counts?: (policy: Entry) => boolean,
): Cut | undefined {
  // Pods in the network of their node are outside of all policies.
  if (side.workload?.hostNetwork || other.workload?.hostNetwork) return undefined;
  const policies = isolationOf(world, side, direction).filter(({ policy }) => !counts || counts(policy));
  const certain = policies.filter((one) => one.selects === 'yes').map(({ policy }) => policy);
  // The one of these pods, before one of the whole namespace.
  const isolating = certain.find((policy) => !isOfAllPods(policy)) ?? certain[0];
  if (!isolating) return undefined;
  const [list, peers] = direction === 'Egress' ? (['egress', 'to'] as const) : (['ingress', 'from'] as const);
  const lets = policies.some(({ policy }) =>
    listAt(policy.object, 'spec', list).some(
      (rule) =>
        peersMatch(world, policy, listAt(rule, peers), other) !== 'no' &&
        portsMatch(listAt(rule, 'ports'), receiver, port) !== 'no',
    ),
  );
  return lets ? undefined : { policy: isolating, direction };
}

type Selecting = readonly { readonly policy: Entry; readonly selects: Truth }[];
/** Asked for each connection of a workload, and the same each time. */
const isolations = new WeakMap<Workload, Partial<Record<Cut['direction'], Selecting>>>();

function isolationOf(world: World, side: Pods, direction: Cut['direction']): Selecting {
  const find = (): Selecting =>
    policiesOf(world, side).filter(({ policy }) => isolatedDirections(policy.object).includes(direction));
  if (!side.workload) return find();
  const known = isolations.get(side.workload) ?? {};
  isolations.set(side.workload, known);
  known[direction] ??= find();
  return known[direction];
}

/** The policies that select the pods, or may: of pods without known labels only an empty selector is certain. */
function policiesOf(world: World, { namespace, labels }: Pods): readonly { policy: Entry; selects: Truth }[] {
  if (labels)
    return world
      .selecting('NetworkPolicy', { namespace, podLabels: labels })
      .map((policy) => ({ policy, selects: 'yes' as const }));
  return world.inNamespace('NetworkPolicy', namespace).map((policy) => ({
    policy,
    selects: selects(labelSelectorOf(at(policy.object, 'spec', 'podSelector')), undefined),
  }));
}

function selects(selector: LabelSelector, labels: Pods['labels']): Truth {
  if (labels) return matchesLabels(selector, labels) ? 'yes' : 'no';
  return isEmpty(selector) ? 'yes' : 'maybe';
}

const isEmpty = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean =>
  Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;

const isOfAllPods = ({ object }: Entry): boolean => isEmpty(labelSelectorOf(at(object, 'spec', 'podSelector')));

function peersMatch(world: World, policy: Entry, peers: readonly unknown[], other: Pods): Truth {
  return peers.length === 0 ? 'yes' : any(peers.map((peer) => peerMatches(world, policy, peer, other)));
}

function peerMatches(world: World, policy: Entry, peer: unknown, other: Pods): Truth {
  const block = at(peer, 'ipBlock');
  // Addresses of the node's own link are no pod's; those that the catalog names outside the cluster are meant to be others'.
  if (block !== undefined)
    return textAt(block, 'cidr')?.startsWith('169.254.') || (isOurs(policy) && isPublic(block)) ? 'no' : 'maybe';
  const namespaces = at(peer, 'namespaceSelector');
  const pods = at(peer, 'podSelector');
  const inSpace: Truth = isFields(namespaces)
    ? namespaceMatches(world, labelSelectorOf(namespaces), other.namespace)
    : other.namespace === policy.namespace
      ? 'yes'
      : 'no';
  if (inSpace === 'no') return 'no';
  const isPod = isFields(pods) ? selects(labelSelectorOf(pods), other.labels) : 'yes';
  return isPod === 'yes' ? inSpace : isPod;
}

/** Whether an address block has none of the addresses that networks use for themselves, and so for pods. */
export function isPublic(block: unknown): boolean {
  const range = parseCidr(textAt(block, 'cidr') ?? '');
  if (!range.ok) return false;
  const except = textsAt(block, 'except').map(parseCidr);
  return PRIVATE.every((own) => {
    const isApart = own.last < range.value.first || range.value.last < own.first;
    return isApart || except.some((one) => one.ok && one.value.first <= own.first && own.last <= one.value.last);
  });
}

/** @see RFC 1918, RFC 6598 */
const PRIVATE = ['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16'].flatMap((cidr) => {
  const range = parseCidr(cidr);
  return range.ok ? [range.value] : [];
});

function namespaceMatches(world: World, selector: LabelSelector, namespace: string): Truth {
  const name = { 'kubernetes.io/metadata.name': namespace };
  const entry = world.given('Namespace', '', namespace);
  if (entry) return matchesLabels(selector, { ...entry.labels, ...name }) ? 'yes' : 'no';
  // Of a Namespace that is not among the manifests only the name is known.
  const asksName = (key: string) => key === 'kubernetes.io/metadata.name';
  const known: LabelSelector = {
    matchLabels: Object.fromEntries(Object.entries(selector.matchLabels ?? {}).filter(([key]) => asksName(key))),
    matchExpressions: (selector.matchExpressions ?? []).filter(({ key }) => asksName(key)),
  };
  if (!matchesLabels(known, name)) return 'no';
  const others =
    Object.keys(selector.matchLabels ?? {}).filter((key) => !asksName(key)).length +
    (selector.matchExpressions ?? []).filter(({ key }) => !asksName(key)).length;
  return others === 0 ? 'yes' : 'maybe';
}

function portsMatch(ports: readonly unknown[], receiver: Pods, port: number | undefined): Truth {
  return ports.length === 0 ? 'yes' : any(ports.map((one) => portMatches(one, receiver, port)));
}

function portMatches(one: unknown, receiver: Pods, port: number | undefined): Truth {
  if ((textAt(one, 'protocol') || 'TCP') !== 'TCP') return 'no';
  const written = at(one, 'port');
  if (written === undefined) return 'yes';
  if (port === undefined) return 'maybe';
  if (typeof written === 'string' && !receiver.workload) return 'maybe';
  const first = typeof written === 'string' ? podPort(receiver.workload, written) : numberAt(one, 'port');
  const last = numberAt(one, 'endPort') ?? first;
  return first !== undefined && last !== undefined && port >= first && port <= last ? 'yes' : 'no';
}

function any(truths: readonly Truth[]): Truth {
  return truths.includes('yes') ? 'yes' : truths.includes('maybe') ? 'maybe' : 'no';
}
