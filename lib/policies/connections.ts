import { containersOf, type ResolvedCluster, type ResolvedService } from '../catalog';
import { policyMode } from './mode';
import { accountOf, podsOf, policyPort } from './pods';
import type { PolicyPort, ServiceConnections, ServiceEdge } from './types';

type CatalogPort = NonNullable<ResolvedService['ports']>[number];

/** One call that the catalog names: whom, on which of its ports, and where it says so. */
interface Call {
  readonly callee: string;
  readonly ports: readonly CatalogPort[];
  readonly why: string;
}

/**
 * Who calls whom in a cluster, by service: for each of them its callers and callees with the ports of the connection. Absent where
 * the cluster has no policies.
 */
export function connectionsOf(
  cluster: ResolvedCluster,
  mode = policyMode(cluster),
): ReadonlyMap<string, ServiceConnections> {
  if (mode === 'off') return new Map();
  const { namespace } = cluster.platform;
  const services = new Map(cluster.services.map((service) => [service.name, service]));
  const ends = new Map(
    cluster.services.map((service) => [
      service.name,
      { pods: podsOf(service, namespace), account: accountOf(service, namespace) },
    ]),
  );
  const callers = new Map<string, ServiceEdge[]>();
  const callees = new Map<string, ServiceEdge[]>();
  for (const caller of cluster.services)
    for (const { callee, ports, why } of callsOf(caller, services)) {
      if (ports.length === 0) continue;
      const of = { ports: ports.map(policyPort), why };
      push(callees, caller.name, { service: callee, ...ends.get(callee)!, ...of });
      push(callers, callee, { service: caller.name, ...ends.get(caller.name)!, ...of });
    }
  return new Map(
    cluster.services.map(({ name }) => [
      name,
      { mode, callers: callers.get(name) ?? [], callees: callees.get(name) ?? [] },
    ]),
  );
}

/** The calls of a service, one a callee and set of ports, sorted by callee. */
function callsOf(caller: ResolvedService, services: ReadonlyMap<string, ResolvedService>): Call[] {
  const found = new Map<string, { ports: Map<number, CatalogPort>; why: string }>();
  const add = (name: string, ports: readonly CatalogPort[], why: string) => {
    const known = found.get(name) ?? { ports: new Map<number, CatalogPort>(), why };
    found.set(name, known);
    for (const port of ports) known.ports.set(port.port, port);
  };
  for (const { env } of containersOf(caller))
    for (const [variable, value] of Object.entries(env)) {
      if (typeof value !== 'object' || !('service' in value)) continue;
      const callee = services.get(value.service);
      if (callee) add(value.service, referredPorts(callee, value), `variable ${variable}`);
    }
  for (const name of caller.calls ?? []) {
    const callee = services.get(name);
    if (callee) add(name, callee.ports ?? [], 'calls');
  }
  return [...found.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([callee, { ports, why }]) => ({
      callee,
      ports: [...ports.values()].sort((a, b) => a.port - b.port),
      why,
    }));
}

/** The port that a reference means; a host alone says nothing of the port, so it may be any. */
function referredPorts(
  { ports = [] }: ResolvedService,
  { port, format }: { readonly port?: string | number; readonly format?: string },
): readonly CatalogPort[] {
  if (port === undefined && format === 'host') return ports;
  const found = ports.find(({ name, port: number, protocol }) => port === number || port === (name ?? protocol));
  return (found ?? ports[0]) === undefined ? [] : [found ?? ports[0]!];
}

function push(lists: Map<string, ServiceEdge[]>, key: string, edge: ServiceEdge): void {
  const list = lists.get(key);
  if (list) list.push(edge);
  else lists.set(key, [edge]);
}

/** All ports of a service. */
export function portsOf({ ports = [] }: Pick<ResolvedService, 'ports'>): PolicyPort[] {
  return ports.map(policyPort);
}
