import type { Catalog, ResolvedService } from '../lib/catalog';
import { resolveCluster } from '../lib/catalog';
import { MESH_FACTS } from '../lib/mesh';
import { buildWorld } from '../lib/world';
import { renderCatalog } from './render';

/** Which pods a rollout has: those of targets, of primaries, or both. */
export const PHASES = {
  'first install': { target: true, primary: false },
  'idle or rolled back': { target: false, primary: true },
  'analysis or promotion': { target: true, primary: true },
} as const;
export type Phase = keyof typeof PHASES;

export type Layer = 'NetworkPolicy' | 'AuthorizationPolicy';

const pod = (namespace: string, name: string, labels: Readonly<Record<string, string>>, account = name) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace },
  spec: { template: { metadata: { labels }, spec: { serviceAccountName: account, containers: [] } } },
});
const namespace = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
});

/** Pods around the services, as their charts make them; and strangers, who may connect to nobody. */
function around(
  gateway: { readonly namespace: string; readonly labels: Record<string, string>; account: string },
  shops: readonly string[],
  elsewhere: readonly string[],
) {
  const pods = [
    pod(gateway.namespace, 'gateway', gateway.labels, gateway.account),
    pod('flagger-system', 'flagger', { 'app.kubernetes.io/name': 'flagger' }),
    pod('flagger-system', 'flagger-loadtester', {
      app: 'flagger-loadtester',
      'app.kubernetes.io/name': 'flagger-loadtester',
    }),
    pod('monitoring', 'prometheus', { 'app.kubernetes.io/name': 'prometheus' }),
    pod('kube-system', 'kube-dns', { 'k8s-app': 'kube-dns' }),
    pod('istio-system', 'istiod', { app: 'istiod', istio: 'pilot' }),
    pod('elsewhere', 'stranger', { app: 'stranger' }),
    ...shops.map((shop) => pod(shop, 'stranger', { app: 'stranger' })),
    // Random callers have one name; any account may be theirs where none is said.
    ...elsewhere.map((space) => pod(space, 'caller', { app: 'report' }, 'nightly')),
  ];
  const spaces = [...new Set([...pods.map(({ metadata }) => metadata.namespace), ...shops])];
  return [...spaces.map(namespace), ...pods];
}

/** One cluster of a catalog at a moment of its rollouts, and the connections that the catalog asks for. */
export interface Topology {
  readonly objects: readonly unknown[];
  /** `shop/web => shop/cart`, and its ports. */
  readonly expected: ReadonlyMap<string, readonly number[]>;
  /** Pods whose every connection is judged. */
  readonly judged: ReadonlySet<string>;
}

/** Objects of a catalog's first cluster, rendered once for all phases. */
export function topologiesOf(catalog: Catalog, clusterName: string) {
  const cluster = resolveCluster(catalog, clusterName);
  const objects = renderCatalog(catalog)
    .filter((file) => file.cluster === clusterName)
    .flatMap((file) => file.objects)
    .filter(({ metadata }) => metadata !== undefined);
  const world = buildWorld(objects.map((object, index) => ({ object, place: { file: `${index}.yaml` } })));
  const { platform, services } = cluster;
  const mesh = platform.mesh ?? 'istio-sidecar';
  const byName = new Map(services.map((service) => [service.name, service]));
  const byWorkload = new Map(services.map((service) => [service.workloadName ?? service.name, service]));
  const spaceOf = (service: ResolvedService) => service.namespace ?? platform.namespace;
  const shops = [...new Set([platform.namespace, ...services.map(spaceOf)])];
  const elsewhere = [...new Set(services.flatMap((one) => one.callers ?? []).flatMap((one) => one.namespace ?? []))];
  const gatewaySpace = platform.gateway?.namespace ?? 'istio-ingress';
  const gatewayName = platform.gateway?.name ?? 'public';
  const isHttpRoute = MESH_FACTS[mesh].exposesBy === 'HTTPRoute';
  const gateway = {
    namespace: gatewaySpace,
    labels: isHttpRoute
      ? { 'gateway.networking.k8s.io/gateway-name': gatewayName }
      : ({ istio: 'gateway' } as Record<string, string>),
    account: isHttpRoute ? `${gatewayName}-istio` : 'istio-gateway',
  };

  return (phase: Phase, layer: Layer): Topology => {
    const has = PHASES[phase];
    const pods = new Map<string, string[]>();
    const accounts = new Map<string, string>();
    const containerPorts = new Map<string, ReadonlyMap<unknown, number>>();
    const workloads: unknown[] = [];
    for (const workload of world.workloads()) {
      const { entry } = workload;
      const service = byWorkload.get(entry.madeBy ? entry.name.replace(/-primary$/, '') : entry.name);
      if (!service) continue;
      const { name } = service;
      const isThere = entry.madeBy ? has.primary : has.target || !service.canary;
      if (!isThere) continue;
      const id = `${entry.namespace}/${entry.name}`;
      containerPorts.set(
        name,
        new Map(
          workload.containerPorts.flatMap(({ name: port, containerPort }): [unknown, number][] => [
            [containerPort, containerPort],
            ...(port === undefined ? [] : [[port, containerPort] as [unknown, number]]),
          ]),
        ),
      );
      accounts.set(id, `${entry.namespace}/${workload.serviceAccountName ?? 'default'}`);
      pods.set(name, [...(pods.get(name) ?? []), id]);
      // The judge reads Deployments alone of these kinds.
      workloads.push(pod(entry.namespace, entry.name, workload.podLabels, workload.serviceAccountName ?? 'default'));
    }
    const expected = new Map<string, number[]>();
    const allow = (from: readonly string[], to: readonly string[], ports: readonly number[]) => {
      for (const one of from)
        for (const other of to)
          expected.set(`${one} => ${other}`, [...new Set([...(expected.get(`${one} => ${other}`) ?? []), ...ports])]);
    };
    for (const service of services) {
      const own = pods.get(service.name) ?? [];
      for (const [callee, ports] of calls(service, byName)) allow(own, pods.get(callee) ?? [], ports);
      const first = service.ports?.[0];
      const port = first && (first.targetPort ?? first.port);
      if (service.expose && port) allow([`${gatewaySpace}/gateway`], own, [port]);
      for (const { namespace: elsewhere, ports: only } of service.callers ?? []) {
        const meant = (service.ports ?? []).filter((one) => !only || only.includes(one.port));
        if (elsewhere)
          allow(
            [`${elsewhere}/caller`],
            own,
            meant.map(({ port, targetPort = port }) => targetPort),
          );
      }
      const canary = service.canary || undefined;
      if (canary?.loadTest && !canary.skipAnalysis && port) allow(['flagger-system/flagger-loadtester'], own, [port]);
      if (layer === 'AuthorizationPolicy') continue;
      allow(own, ['kube-system/kube-dns'], [53]);
      for (const { endpoints } of service.monitors ?? [])
        for (const { port: scraped } of endpoints) {
          const number = containerPorts.get(service.name)?.get(scraped);
          if (number !== undefined) allow(['monitoring/prometheus'], own, [number]);
        }
      if (mesh !== 'kubernetes') {
        allow(own, ['istio-system/istiod'], [15012]);
        allow(['monitoring/prometheus'], own, [15020]);
      }
    }
    // The mesh knows pods by their account: who shares one may do what the other may.
    if (layer === 'AuthorizationPolicy')
      for (const [edge, ports] of [...expected]) {
        const [from = '', to = ''] = edge.split(' => ');
        allow(sharing(accounts, from), [to], ports);
      }
    // Of calls to itself no policy is asked.
    for (const id of accounts.keys()) expected.delete(`${id} => ${id}`);
    const policies = objects.filter(({ kind }) => kind === layer);
    return {
      objects: [...around(gateway, shops, elsewhere), ...workloads, ...policies],
      expected,
      judged: new Set([...[...pods.values()].flat(), ...shops.map((shop) => `${shop}/stranger`)]),
    };
  };
}

const sharing = (accounts: ReadonlyMap<string, string>, pod: string): string[] =>
  accounts.has(pod) ? [...accounts.keys()].filter((other) => accounts.get(other) === accounts.get(pod)) : [];

/** Whom a service calls on which ports of the pods, read from the catalog anew. */
function calls(service: ResolvedService, services: ReadonlyMap<string, ResolvedService>): Map<string, number[]> {
  const found = new Map<string, number[]>();
  const containers = [service, ...(service.initContainers ?? []), ...(service.containers ?? [])];
  for (const { env = {} } of containers)
    for (const value of Object.values(env)) {
      if (typeof value === 'string' || !('service' in value)) continue;
      const ports = services.get(value.service)?.ports ?? [];
      const named = ports.filter(({ port, name, protocol }) => [port, name ?? protocol].includes(value.port ?? ''));
      const meant =
        value.port === undefined && value.format === 'host'
          ? ports
          : named.length > 0
            ? named.slice(0, 1)
            : ports.slice(0, 1);
      found.set(value.service, [
        ...(found.get(value.service) ?? []),
        ...meant.map(({ port, targetPort = port }) => targetPort),
      ]);
    }
  for (const call of service.calls ?? []) {
    if (typeof call !== 'string' && 'external' in call) continue;
    const { service: callee, port: only } = typeof call === 'string' ? { service: call, port: undefined } : call;
    const ports = (services.get(callee)?.ports ?? []).filter(({ port }) => only === undefined || port === only);
    found.set(callee, [...(found.get(callee) ?? []), ...ports.map(({ port, targetPort = port }) => targetPort)]);
  }
  return found;
}
