import {
  containersOf,
  type External,
  namedCalls,
  namedExternals,
  policyMode,
  type ResolvedCluster,
  type ResolvedService,
} from '../catalog';
import { accountOf, podsOf, policyPort } from './pods';
import type { ExternalEdge, PolicyPort, Requests, ServiceConnections, ServiceEdge } from './types';

type CatalogPort = NonNullable<ResolvedService['ports']>[number];

/** The calls of one service to another. */
interface Call {
  readonly callee: string;
  readonly ports: readonly CatalogPort[];
  readonly requests?: Requests;
  /** Where the catalog says so. */
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
    for (const { callee, ports, requests, why } of callsOf(caller, services)) {
      if (ports.length === 0) continue;
      const of = { ports: ports.map(policyPort), ...(requests && { requests }), why };
      push(callees, caller.name, { service: callee, ...ends.get(callee)!, ...of });
      push(callers, callee, { service: caller.name, ...ends.get(caller.name)!, ...of });
    }
  return new Map(
    cluster.services.map((service): [string, ServiceConnections] => {
      const { name } = service;
      const externals = externalsOf(service, cluster.external);
      return [
        name,
        {
          mode,
          callers: callers.get(name) ?? [],
          callees: callees.get(name) ?? [],
          ...(externals.length > 0 && { externals }),
        },
      ];
    }),
  );
}

/** The calls of a service, one a callee, sorted by it. */
function callsOf(caller: ResolvedService, services: ReadonlyMap<string, ResolvedService>): Call[] {
  const found = new Map<string, { ports: Map<number, CatalogPort>; requests?: Requests; why: string }>();
  const add = (name: string, ports: readonly CatalogPort[], why: string) => {
    const known = found.get(name) ?? { ports: new Map<number, CatalogPort>(), why };
    found.set(name, known);
    for (const port of ports) known.ports.set(port.port, port);
    return known;
  };
  for (const { env } of containersOf(caller))
    for (const variable in env) {
      const value = env[variable]!;
      if (typeof value !== 'object' || !('service' in value)) continue;
      const callee = services.get(value.service);
      if (callee) add(value.service, referredPorts(callee, value), `variable ${variable}`);
    }
  for (const { service: name, port, methods, paths } of namedCalls(caller)) {
    const callee = services.get(name);
    if (!callee) continue;
    // Where a variable tells the port, an entry without one only narrows the requests.
    const isNarrowing = port === undefined && (methods ?? paths) !== undefined && found.has(name);
    const call = add(
      name,
      isNarrowing ? [] : port === undefined ? (callee.ports ?? []) : referredPorts(callee, { port }),
      'calls',
    );
    if (methods ?? paths)
      call.requests = joined(call.requests, { ...(methods && { methods }), ...(paths && { paths }) });
  }
  return [...found.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([callee, { ports, requests, why }]) => ({
      callee,
      ports: [...ports.values()].sort((a, b) => a.port - b.port),
      ...(requests && { requests }),
      why,
    }));
}

/** What one of two entries lets through, either does. */
function joined(one: Requests | undefined, other: Requests): Requests {
  if (!one) return other;
  const both = (a?: readonly string[], b?: readonly string[]) => (a && b ? [...new Set([...a, ...b])] : undefined);
  const [methods, paths] = [both(one.methods, other.methods), both(one.paths, other.paths)];
  return { ...(methods && { methods }), ...(paths && { paths }) };
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

/** The services outside that a service names: in `calls`, or by a host in one of its texts. */
function externalsOf(service: ResolvedService, externals: readonly External[]): ExternalEdge[] {
  if (externals.length === 0) return [];
  return namedExternals(service, externals).map(({ external: { name, hosts, addresses, ports }, why }) => ({
    name,
    hosts,
    ...(addresses && addresses.length > 0 && { addresses }),
    ports: ports.map(({ port }) => port),
    why,
  }));
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
