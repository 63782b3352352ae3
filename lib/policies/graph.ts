import { depths, policyMode, type ResolvedCluster } from '../catalog';
import { allowedOf } from './allowed';
import { connectionsOf } from './connections';
import type { PlatformPeers } from './platform';
import { accountOf } from './pods';
import type { Allowed, Need, Requests } from './types';

/** Who may connect to whom in a cluster, and why. */
export interface ConnectionGraph {
  readonly cluster: string;
  readonly policies: 'off' | 'audit' | 'enforce';
  readonly services: readonly GraphService[];
  /** Calls of the catalog. */
  readonly calls: readonly GraphEdge[];
  /** What the platform needs, and what comes in or goes out. */
  readonly platform: readonly GraphEdge[];
  /** What is let through although no reference names it. */
  readonly wider: readonly GraphEdge[];
}

/** A node of the call graph. */
export interface GraphService {
  readonly name: string;
  readonly namespace: string;
  /** 0 calls nobody, else one more than the deepest callee. */
  readonly depth: number;
  readonly isCanaried: boolean;
  /** Whether the gateway leads to it. */
  readonly isExposed: boolean;
  /** All services that can be reached from its pods, call by call, sorted. */
  readonly reaches: readonly string[];
}

/** Who calls whom. */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** Of the pods; none: all of them. */
  readonly ports: readonly number[];
  readonly need: Need;
  readonly requests?: Requests;
  /** Which reference names it, or what it is for. */
  readonly why: string;
}

/** The graph of a cluster, whether or not it has policies. */
export function connectionGraph(cluster: ResolvedCluster, peers: PlatformPeers): ConnectionGraph {
  const connections = connectionsOf(cluster, 'enforce');
  const callees = new Map(
    cluster.services.map(({ name }) => [name, connections.get(name)!.callees.map(({ service }) => service)]),
  );
  const depth = depths(callees);
  const calls = cluster.services.flatMap(({ name }) =>
    connections.get(name)!.callees.map(
      ({ service, ports, requests, why }): GraphEdge => ({
        from: name,
        to: service,
        ports: ports.map(({ port }) => port),
        need: 'call',
        ...(requests && { requests }),
        why,
      }),
    ),
  );
  const platform = cluster.services.flatMap((service) => {
    const { ingress, egress } = allowedOf(service, connections.get(service.name)!, peers);
    const edge = ({ peer, ports, need, requests, why }: Allowed, isInward: boolean): GraphEdge => ({
      from: isInward ? peer.who : service.name,
      to: isInward ? service.name : peer.who,
      ports: [...new Set(ports.map(({ port }) => port))],
      need,
      ...(requests && { requests }),
      why,
    });
    const others = (allowed: readonly Allowed[]) => allowed.filter(({ need }) => need !== 'call');
    return [...others(ingress).map((one) => edge(one, true)), ...others(egress).map((one) => edge(one, false))];
  });
  return {
    cluster: cluster.name,
    policies: policyMode(cluster),
    services: cluster.services.map(({ name, namespace = cluster.platform.namespace, canary, expose }) => ({
      name,
      namespace,
      depth: depth.get(name)!,
      isCanaried: Boolean(canary),
      isExposed: Boolean(expose),
      reaches: reachedFrom(name, callees),
    })),
    calls,
    platform,
    wider: widerThanNamed(cluster, calls),
  };
}

/** Every service at the end of a chain of calls. */
function reachedFrom(name: string, callees: ReadonlyMap<string, readonly string[]>): string[] {
  const found = new Set<string>();
  const queue = [name];
  for (const one of queue)
    for (const callee of callees.get(one) ?? [])
      if (!found.has(callee)) {
        found.add(callee);
        queue.push(callee);
      }
  found.delete(name);
  return [...found].sort();
}

/** A mesh knows callers by their account: who shares one may do what the other may. */
function widerThanNamed(cluster: ResolvedCluster, calls: readonly GraphEdge[]): GraphEdge[] {
  const byAccount = new Map<string, string[]>();
  for (const service of cluster.services) {
    const account = accountOf(service, cluster.platform.namespace);
    byAccount.set(account, [...(byAccount.get(account) ?? []), service.name]);
  }
  const named = new Set(calls.map(({ from, to }) => `${from} ${to}`));
  return [...byAccount].flatMap(([account, sharing]) =>
    sharing.flatMap((from) =>
      calls
        .filter((call) => call.from !== from && sharing.includes(call.from) && !named.has(`${from} ${call.to}`))
        .filter(({ to }) => to !== from)
        .map((call) => ({
          ...call,
          from,
          why: `shares the account ${account} with ${call.from}: the mesh lets it through, the network does not`,
        })),
    ),
  );
}
