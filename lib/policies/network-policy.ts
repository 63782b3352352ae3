import type { LabelSelector } from '../kube';
import type { ServiceAllowed } from './allowed';
import type { PlatformPeers } from './platform';
import type { Allowed, Peer, PodSet, PolicyPort } from './types';

const NAMESPACE_LABEL = 'kubernetes.io/metadata.name';

/** A selector of the pods in their namespace. */
export function podSelector({ labels, either }: PodSet): LabelSelector {
  return {
    ...(labels && Object.keys(labels).length > 0 ? { matchLabels: labels } : {}),
    ...(either && { matchExpressions: [{ key: either.key, operator: 'In', values: either.values }] }),
  };
}

/** `spec` of the NetworkPolicy of some pods: what is not in it is refused, in both directions. */
export function networkPolicySpec(
  pods: PodSet,
  { ingress, egress }: ServiceAllowed,
  platform: Pick<PlatformPeers, 'proxies' | 'waypoint'>,
): Record<string, unknown> {
  const inward = rules(inTunnel(ingress, 'ingress', pods, platform), 'from', pods.namespace);
  const outward = rules(inTunnel(egress, 'egress', pods, platform), 'to', pods.namespace);
  return {
    podSelector: podSelector(pods),
    policyTypes: ['Ingress', 'Egress'],
    ...(inward.length > 0 ? { ingress: inward } : {}),
    ...(outward.length > 0 ? { egress: outward } : {}),
  };
}

/** Needs whose both ends are in the mesh. */
const MESHED: ReadonlySet<Allowed['need']> = new Set(['call', 'caller', 'gateway', 'load-test', 'webhook']);

/**
 * The same connections as the network sees them: between proxies that tunnel, all ports are one, and requests to a Service pass
 * its namespace's waypoint.
 */
function inTunnel(
  allowed: readonly Allowed[],
  direction: 'ingress' | 'egress',
  { namespace }: PodSet,
  { proxies, waypoint }: Pick<PlatformPeers, 'proxies' | 'waypoint'>,
): Allowed[] {
  const { tunnelPort, opaquePort } = proxies ?? {};
  if (opaquePort !== undefined)
    return allowed.map((one) =>
      MESHED.has(one.need) && isMeshed(one.peer) ? { ...one, ports: [...one.ports, { port: opaquePort }] } : one,
    );
  if (tunnelPort === undefined) return [...allowed];
  const tunnel: readonly PolicyPort[] = [{ port: tunnelPort }];
  return allowed.flatMap((one) => {
    if (!MESHED.has(one.need) || !isMeshed(one.peer)) return [one];
    const through = waypoint(direction === 'ingress' ? namespace : one.peer.pods.namespace);
    const direct = { ...one, ports: tunnel };
    return through ? [{ ...direct, peer: through, why: 'waypoint' }, direct] : [direct];
  });
}

const isMeshed = (peer: Peer): peer is Extract<Peer, { kind: 'pods' }> =>
  peer.kind === 'pods' && peer.account !== undefined;

type Side = 'from' | 'to';

/** Rules, one a set of ports, in the order in which these come first. */
function rules(allowed: readonly Allowed[], side: Side, own: string): Record<string, unknown>[] {
  const byPorts = new Map<string, { ports: readonly PolicyPort[]; peers: Map<string, unknown> }>();
  for (const { peer, ports } of allowed) {
    const sorted = [...ports].sort((a, b) => a.port - b.port || transportOf(a).localeCompare(transportOf(b)));
    const key = sorted.map((port) => `${port.port}/${transportOf(port)}`).join(' ');
    const rule = byPorts.get(key) ?? { ports: sorted, peers: new Map<string, unknown>() };
    byPorts.set(key, rule);
    for (const one of peersOf(peer, own)) rule.peers.set(JSON.stringify(one), one);
  }
  return [...byPorts.values()].map(({ ports, peers }) => ({
    [side]: [...peers.values()],
    ...(ports.length > 0 ? { ports: ports.map((port) => ({ port: port.port, protocol: transportOf(port) })) } : {}),
  }));
}

const transportOf = ({ transport = 'TCP' }: PolicyPort): string => transport;

function peersOf(peer: Peer, own: string): unknown[] {
  if (peer.kind === 'addresses')
    return peer.cidrs.map((cidr) => ({ ipBlock: { cidr, ...(peer.except && { except: [...peer.except] }) } }));
  const { namespace } = peer.pods;
  const selector = podSelector(peer.pods);
  const isAll = Object.keys(selector).length === 0;
  return [
    {
      ...(namespace === own ? {} : { namespaceSelector: { matchLabels: { [NAMESPACE_LABEL]: namespace } } }),
      ...(isAll && namespace !== own ? {} : { podSelector: selector }),
    },
  ];
}
