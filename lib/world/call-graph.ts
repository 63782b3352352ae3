import { at, listAt, parseServiceHost, remembered, textAt, textMapAt } from '../kube';
import { ListsByName } from './by-name';
import type { CanaryView } from './canary';
import type { Edge } from './edge';
import type { Entry } from './entry';
import type { RouteView } from './route';
import type { Workload } from './workload';

/** What the graph asks of the world. */
export interface GraphSources {
  /** That somebody wrote: a primary calls what its target calls. */
  readonly workloads: readonly Workload[];
  /** That somebody wrote, and those of Flagger's that are bound to a gateway. */
  readonly routes: readonly RouteView[];
  readonly canaries: readonly CanaryView[];
  hasService(namespace: string, name: string): boolean;
  configMap(namespace: string, name: string): Entry | undefined;
}

/** Every edge, by the Service at its end. */
export function callGraph(sources: GraphSources): ListsByName<Edge> {
  const graph = new ListsByName<Edge>();
  const add = (edge: Edge) => graph.add(edge.to.namespace, edge.to.name, edge);
  for (const workload of sources.workloads) workloadEdges(workload, sources, add);
  for (const route of sources.routes) routeEdges(route, add);
  for (const canary of sources.canaries)
    for (const { webhook, test, service } of canary.loadTests)
      if (service) {
        const edge = edgeOf(service, test.port, 'load-test', canary.entry, webhook.pointer);
        edge.webhook = webhook;
        edge.requestsPerSecond = test.requestsPerSecond;
        add(edge);
      }
  return graph;
}

/** With all fields: edges of one shape are read faster. */
function edgeOf(to: Edge['to'], port: number | undefined, via: Edge['via'], entry: Entry, pointer: string) {
  const edge: { -readonly [field in keyof Edge]: Edge[field] } = {
    to,
    port,
    via,
    workload: undefined,
    route: undefined,
    webhook: undefined,
    requestsPerSecond: undefined,
    entry,
    pointer,
  };
  return edge;
}

/**
 * A route that somebody wrote leads to its backends. What Flagger makes shares the traffic of the apex Service: bound to a
 * gateway it leads to that Service. A delegation leads to the VirtualService of that name, so to its Service.
 */
function routeEdges(route: RouteView, add: (edge: Edge) => void): void {
  const { namespace, name, entry } = route;
  const addRoute = (to: Edge['to'], port: number | undefined, pointer: string) => {
    const edge = edgeOf(to, port, 'route', entry, pointer);
    edge.route = route;
    add(edge);
  };
  if (route.isMadeByFlagger) {
    addRoute({ namespace, name }, undefined, '');
    return;
  }
  for (const { namespace, name, port, pointer, isMirror } of route.backends)
    if (!isMirror) addRoute({ namespace, name }, port, pointer);
  for (const { namespace, name, pointer } of route.delegates) addRoute({ namespace, name }, undefined, pointer);
}

/** `scheme://host:port/…`, `host:port`, or a host alone. */
const address =
  /(?:([a-z][a-z0-9+.-]*):\/\/)?(?:[^\s@/,;"'=]*@)?([a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9-]+)*)(?::(\d{1,5}))?(?![\w.])/gi;
const hostVariable = /(HOST|HOSTNAME|ADDR|ADDRESS|SERVICE|SERVER|URL|URI|ENDPOINT|TARGET|UPSTREAM|BACKEND)S?$/i;
const imageVariable = /(IMAGE|IMAGE_TAG)S?$/i;
/** What the name of a variable says of its value; thousands of workloads use the same names. */
const roleOf = remembered((variable: string) =>
  imageVariable.test(variable) ? 'image' : hostVariable.test(variable) ? 'host' : 'other',
);
/** Without a colon there is no scheme and no port. A long text is no address. */
const mayHoldAddress = (text: string, isHostName: boolean): boolean =>
  text.length <= 4096 && (isHostName || text.includes(':'));
const schemePorts: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  redis: 6379,
  postgres: 5432,
  postgresql: 5432,
  mysql: 3306,
  mongodb: 27017,
  amqp: 5672,
  nats: 4222,
};

/** Hosts that a workload calls and no variable names, separated by commas. (`MicroserviceRelease` writes it.) */
const CALLS_ANNOTATION = 'aviary.dev/calls';
const CALLS_POINTER = '/metadata/annotations/aviary.dev~1calls';

function workloadEdges(workload: Workload, sources: GraphSources, add: (edge: Edge) => void): void {
  const scan = (text: string, isHostName: boolean, entry: Entry, pointer: string) => {
    // `matchAll` would make a new expression for each text.
    address.lastIndex = 0;
    for (let match = address.exec(text); match; match = address.exec(text)) {
      const { 0: whole, 1: scheme, 2: host, 3: port, index } = match;
      if (host === undefined) continue;
      // `registry/app:5` is an image, or a path.
      if (scheme === undefined && index > 0 && /(\w\/|image[= ])$/i.test(text.slice(Math.max(0, index - 6), index)))
        continue;
      // A bare word is an address only where the variable's name says so, and only as the whole value.
      if (scheme === undefined && port === undefined && !(isHostName && whole === text)) continue;
      const to = parseServiceHost(host, workload.namespace);
      if (!to || !sources.hasService(to.namespace, to.name)) continue;
      const number = port === undefined ? schemePorts[scheme?.toLowerCase() ?? ''] : Number(port);
      const edge = edgeOf(to, number, 'workload', entry, pointer);
      edge.workload = workload;
      add(edge);
    }
  };
  // What no variable names: stated on the workload.
  const stated = workload.entry.annotations[CALLS_ANNOTATION];
  for (const host of stated?.split(',') ?? []) {
    const to = parseServiceHost(host.trim(), workload.namespace);
    if (!to || !sources.hasService(to.namespace, to.name)) continue;
    const edge = edgeOf(to, undefined, 'workload', workload.entry, CALLS_POINTER);
    edge.workload = workload;
    add(edge);
  }
  for (const container of workload.containers) {
    listAt(container.fields, 'env').forEach((env, index) => {
      const role = roleOf(textAt(env, 'name') ?? '');
      if (role === 'image') return;
      const isHostName = role === 'host';
      const value = textAt(env, 'value');
      if (value !== undefined && mayHoldAddress(value, isHostName))
        scan(value, isHostName, workload.entry, `${container.pointer}/env/${index}/value`);
      const reference = at(env, 'valueFrom', 'configMapKeyRef');
      if (reference === undefined) return;
      const config = sources.configMap(workload.namespace, textAt(reference, 'name') ?? '');
      const key = textAt(reference, 'key') ?? '';
      const text = config && textMapAt(config.object, 'data')[key];
      if (config && text !== undefined && mayHoldAddress(text, isHostName))
        scan(text, isHostName, config, `/data/${key}`);
    });
    for (const source of listAt(container.fields, 'envFrom')) {
      const config = sources.configMap(workload.namespace, textAt(source, 'configMapRef', 'name') ?? '');
      if (!config) continue;
      for (const [key, text] of Object.entries(textMapAt(config.object, 'data'))) {
        const isHostName = hostVariable.test(key);
        if (mayHoldAddress(text, isHostName)) scan(text, isHostName, config, `/data/${key}`);
      }
    }
    for (const list of ['command', 'args'])
      listAt(container.fields, list).forEach((word, index) => {
        if (typeof word === 'string' && mayHoldAddress(word, false))
          scan(word, false, workload.entry, `${container.pointer}/${list}/${index}`);
      });
  }
}
