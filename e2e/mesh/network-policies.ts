import { BlockList, isIP } from 'node:net';
import type { LiveObject } from '../lib/kube-client';
import { type Fields, fieldsOf, listOf, only, selects } from './understood';

/** One end of a connection: a pod, or an address outside the cluster. */
export interface End {
  /** For people: `shop/web-7f-1`. */
  readonly who: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly namespaceLabels?: Readonly<Record<string, string>>;
  readonly address?: string;
  /** Numbers of named ports. */
  readonly ports?: Readonly<Record<string, number>>;
}

export interface PortAsked {
  readonly port: number;
  readonly transport?: 'TCP' | 'UDP';
}

interface Side {
  readonly type: 'Ingress' | 'Egress';
  readonly rules: 'ingress' | 'egress';
  readonly peers: 'from' | 'to';
}
const INGRESS: Side = { type: 'Ingress', rules: 'ingress', peers: 'from' };
const EGRESS: Side = { type: 'Egress', rules: 'egress', peers: 'to' };

/**
 * Which NetworkPolicies drop a connection, as CNIs enforce them: a pod that one selects gets what any of them names and nothing
 * else. Undefined: it is let through. An `ipBlock` is never a pod here: to some CNIs it is not.
 * @see kubernetes.io/docs/concepts/services-networking/network-policies
 * @throws where a policy has a form that is not read here
 */
export function droppedBy(policies: readonly LiveObject[], from: End, to: End, asked: PortAsked): string | undefined {
  return refusal(policies, EGRESS, from, to, asked) ?? refusal(policies, INGRESS, to, from, asked);
}

function refusal(
  policies: readonly LiveObject[],
  side: Side,
  own: End,
  other: End,
  asked: PortAsked,
): string | undefined {
  const isolating = policies.filter((policy) => isAbout(policy, side, own));
  if (isolating.length === 0) return undefined;
  const destination = side === INGRESS ? own : other;
  const isLetThrough = isolating.some((policy) =>
    listOf(policy.spec[side.rules]).some((rule) => {
      const where = `NetworkPolicy ${policy.metadata.namespace}/${policy.metadata.name}`;
      only(rule, [side.peers, 'ports'], where);
      return hasPort(listOf(rule.ports), destination, asked, where) && hasPeer(rule[side.peers], other, policy, where);
    }),
  );
  if (isLetThrough) return undefined;
  const names = isolating.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).sort();
  const { port, transport = 'TCP' } = asked;
  return `${side.rules} of ${own.who}: NetworkPolicy ${names.join(', ')} names no ${other.who} on ${port}/${transport}`;
}

function isAbout({ metadata, spec }: LiveObject, { type }: Side, own: End): boolean {
  const where = `NetworkPolicy ${metadata.namespace}/${metadata.name}`;
  only(spec, ['podSelector', 'policyTypes', 'ingress', 'egress'], where);
  const types = (spec.policyTypes ?? ['Ingress', ...(spec.egress ? ['Egress'] : [])]) as string[];
  return (
    own.labels !== undefined &&
    metadata.namespace === own.namespace &&
    types.includes(type) &&
    selects(fieldsOf(spec.podSelector), own.labels, where)
  );
}

/** No list of ports is every port. */
function hasPort(
  ports: readonly Fields[],
  destination: End,
  { port, transport = 'TCP' }: PortAsked,
  where: string,
): boolean {
  if (ports.length === 0) return true;
  return ports.some((one) => {
    only(one, ['port', 'protocol', 'endPort'], where);
    if ((one.protocol ?? 'TCP') !== transport) return false;
    if (one.port === undefined) return true;
    const first = typeof one.port === 'string' ? destination.ports?.[one.port] : (one.port as number);
    return first !== undefined && port >= first && port <= Number(one.endPort ?? first);
  });
}

/** No list of peers is everybody; an empty one, too. */
function hasPeer(peers: unknown, other: End, policy: LiveObject, where: string): boolean {
  const list = listOf(peers);
  if (list.length === 0) return true;
  return list.some((peer) => {
    only(peer, ['ipBlock', 'namespaceSelector', 'podSelector'], where);
    if (peer.ipBlock) return isInBlock(fieldsOf(peer.ipBlock), other, where);
    const { labels, namespaceLabels = {} } = other;
    if (labels === undefined) return false;
    const isSpace = peer.namespaceSelector
      ? selects(fieldsOf(peer.namespaceSelector), namespaceLabels, where)
      : other.namespace === policy.metadata.namespace;
    return isSpace && (peer.podSelector === undefined || selects(fieldsOf(peer.podSelector), labels, where));
  });
}

function isInBlock(block: Fields, { labels, address }: End, where: string): boolean {
  only(block, ['cidr', 'except'], where);
  if (labels !== undefined || address === undefined) return false;
  return holds(String(block.cidr), address) && !((block.except ?? []) as string[]).some((one) => holds(one, address));
}

function holds(cidr: string, address: string): boolean {
  const [net = '', prefix = ''] = cidr.split('/');
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(net) !== isIP(address)) return false;
  const list = new BlockList();
  list.addSubnet(net, Number(prefix), family);
  return list.check(address, family);
}
