import { at, fieldsAt, isFields, listAt, numberAt, parseServiceHost, textAt, textsAt } from '../kube';
import type { Entry } from './entry';

/** A Service to which a route sends traffic. */
export interface RouteBackend {
  /** As written: `frontend`, `frontend.shop.svc.cluster.local`. */
  readonly host: string;
  readonly namespace: string;
  readonly name: string;
  readonly port: number | undefined;
  /** Where the port of the Service is given by its name. */
  readonly portName: string | undefined;
  readonly weight: number | undefined;
  readonly subset: string | undefined;
  /** Pointer to the backend, into the route. */
  readonly pointer: string;
  /** A copy of the traffic, not the traffic. */
  readonly isMirror: boolean;
}

/** A VirtualService, HTTPRoute, GRPCRoute, TCPRoute, TLSRoute, Ingress or another object that leads requests to Services, seen alike. */
export interface RouteView {
  readonly entry: Entry;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  /** Hosts as written; empty: all (or, for a VirtualService, a delegate's). */
  readonly hosts: readonly string[];
  /** Gateways as `namespace/name`; `mesh` for sidecars. An Ingress has its class. */
  readonly gateways: readonly string[];
  /** Whether sidecars obey it. */
  readonly isMesh: boolean;
  /** Whether traffic from outside takes it. */
  readonly isGateway: boolean;
  readonly backends: readonly RouteBackend[];
  /** VirtualServices to which it delegates. */
  readonly delegates: readonly { readonly namespace: string; readonly name: string; readonly pointer: string }[];
  readonly isMadeByFlagger: boolean;
}

/** Kinds that send traffic to Services. */
export const routeKinds = [
  'VirtualService',
  'HTTPRoute',
  'GRPCRoute',
  'TCPRoute',
  'TLSRoute',
  'Ingress',
  'HTTPProxy',
  'IngressRoute',
  'ApisixRoute',
  'RouteTable',
  'Mapping',
  'Route',
  'TargetGroupBinding',
] as const;

/** Reads a route; entries of other kinds give undefined. */
export function readRoute(entry: Entry): RouteView | undefined {
  switch (entry.kind) {
    case 'VirtualService':
      // Of Gloo: it leads to RouteTables.
      return entry.group === 'gateway.solo.io'
        ? otherRoute(entry, textsAt(entry.object, 'spec', 'virtualHost', 'domains'), glooBackends, glooRoutes)
        : readVirtualService(entry);
    case 'HTTPRoute':
    case 'GRPCRoute':
    case 'TCPRoute':
    case 'TLSRoute':
      return readGatewayApiRoute(entry);
    case 'Ingress':
      return new Route(
        entry,
        listAt(entry.object, 'spec', 'rules').flatMap((rule) => textAt(rule, 'host') ?? []),
        [textAt(entry.object, 'spec', 'ingressClassName') ?? ''],
        false,
        true,
        ingressBackends,
        noDelegates,
      );
    case 'HTTPProxy':
      return otherRoute(entry, [textAt(entry.object, 'spec', 'virtualhost', 'fqdn') ?? ''], proxyBackends, includes);
    case 'IngressRoute':
      return otherRoute(entry, ruleHosts(entry), ingressRouteBackends, traefikServices);
    case 'ApisixRoute':
      return otherRoute(entry, apisixHosts(entry), apisixBackends, noDelegates);
    case 'RouteTable':
      return otherRoute(entry, [], glooBackends, routeTables);
    case 'Mapping':
      return otherRoute(entry, [textAt(entry.object, 'spec', 'hostname') ?? ''], mappingBackends, noDelegates);
    case 'Route':
      // Of OpenShift; that of Knative leads to revisions.
      return entry.group === 'route.openshift.io'
        ? otherRoute(entry, [textAt(entry.object, 'spec', 'host') ?? ''], openShiftBackends, noDelegates)
        : undefined;
    case 'TargetGroupBinding':
      return otherRoute(entry, [], targetGroupBackends, noDelegates);
    default:
      return undefined;
  }
}

/** A route object of an ingress controller of its own: sidecars do not obey it. */
function otherRoute(
  entry: Entry,
  hosts: readonly string[],
  backends: (entry: Entry) => readonly RouteBackend[],
  delegates: (entry: Entry) => Delegates,
): RouteView {
  return new Route(
    entry,
    hosts.filter((host) => host !== ''),
    [],
    false,
    true,
    backends,
    delegates,
  );
}

function glooRoutes({ object, namespace }: Entry): Delegates {
  return listAt(object, 'spec', 'virtualHost', 'routes').flatMap((route, index) => {
    const reference = fieldsAt(route, 'delegateAction', 'ref');
    const name = textAt(reference, 'name');
    const pointer = `/spec/virtualHost/routes/${index}`;
    return name === undefined ? [] : [{ name, namespace: textAt(reference, 'namespace') || namespace, pointer }];
  });
}

/**
 * Where Gloo sends requests past the RouteTable that Flagger makes: a Service, or the Upstream that Gloo discovers for one.
 * @see solo-io/gloo docs/content/introduction/architecture/concepts.md (upstreams are named namespace-service-port)
 */
function glooBackends({ object, namespace }: Entry): RouteBackend[] {
  const isTable = at(object, 'spec', 'virtualHost') === undefined;
  const list = isTable ? listAt(object, 'spec', 'routes') : listAt(object, 'spec', 'virtualHost', 'routes');
  return list.flatMap((route, index) => {
    const action = fieldsAt(route, 'routeAction');
    const pointer = `/spec/${isTable ? '' : 'virtualHost/'}routes/${index}/routeAction`;
    const destinations = [
      at(action, 'single'),
      ...listAt(action, 'multi', 'destinations').map((one) => at(one, 'destination')),
    ];
    return destinations.flatMap((destination) => {
      const name = textAt(destination, 'kube', 'ref', 'name');
      if (name !== undefined)
        return backend(
          `${name}.${textAt(destination, 'kube', 'ref', 'namespace') || namespace}`,
          namespace,
          pointer,
          fieldsAt(destination, 'kube'),
        );
      const parts = (textAt(destination, 'upstream', 'name') ?? '').split('-');
      if (!/^\d+$/.test(parts.pop() ?? '')) return [];
      // Either part may hold a dash: only one of these is a Service of the cluster.
      return parts
        .slice(1)
        .flatMap((_, cut) =>
          backend(
            `${parts.slice(cut + 1).join('-')}.${parts.slice(0, cut + 1).join('-')}`,
            namespace,
            pointer,
            undefined,
          ),
        );
    });
  });
}

/** Of Emissary (Ambassador): `service: http://web.shop:80`, a Service of the same namespace where none is written. */
function mappingBackends({ object, namespace }: Entry): RouteBackend[] {
  const [, host = '', port] =
    /^(?:[a-z0-9+]+:\/\/)?([^:/]+)(?::(\d+))?/.exec(textAt(object, 'spec', 'service') ?? '') ?? [];
  const from = port === undefined ? undefined : { port: Number(port) };
  return host === '' ? [] : backend(host, namespace, '/spec/service', from, at(object, 'spec', 'shadow') === true);
}

/** Of the AWS Load Balancer Controller: the pods behind a Service, in a target group that somebody else made. */
function targetGroupBackends({ object, namespace }: Entry): RouteBackend[] {
  const name = textAt(object, 'spec', 'serviceRef', 'name');
  return name === undefined ? [] : backend(name, namespace, '/spec/serviceRef', fieldsAt(object, 'spec', 'serviceRef'));
}

function openShiftBackends({ object, namespace }: Entry): RouteBackend[] {
  const one = (from: unknown, pointer: string) => {
    const name = textAt(from, 'name');
    return name === undefined || (textAt(from, 'kind') ?? 'Service') !== 'Service'
      ? []
      : backend(name, namespace, pointer, undefined);
  };
  return [
    ...one(at(object, 'spec', 'to'), '/spec/to'),
    ...listAt(object, 'spec', 'alternateBackends').flatMap((other, index) =>
      one(other, `/spec/alternateBackends/${index}`),
    ),
  ];
}

function proxyBackends({ object, namespace }: Entry): RouteBackend[] {
  return ['routes', 'tcpproxy'].flatMap((list) => {
    const routes = list === 'routes' ? listAt(object, 'spec', 'routes') : [at(object, 'spec', 'tcpproxy')];
    return routes.flatMap((route, index) =>
      listAt(route, 'services').flatMap((service, number) => {
        const name = textAt(service, 'name');
        const pointer = `/spec/${list}${list === 'routes' ? `/${index}` : ''}/services/${number}`;
        return name === undefined ? [] : backend(name, namespace, pointer, service, at(service, 'mirror') === true);
      }),
    );
  });
}

/** The HTTPProxy of a Canary has the name of its apex Service. */
function includes({ object, namespace }: Entry): Delegates {
  return listAt(object, 'spec', 'includes').flatMap((include, index) => {
    const name = textAt(include, 'name');
    return name === undefined
      ? []
      : [{ name, namespace: textAt(include, 'namespace') || namespace, pointer: `/spec/includes/${index}` }];
  });
}

function ruleHosts({ object }: Entry): string[] {
  return listAt(object, 'spec', 'routes').flatMap((route) =>
    [...(textAt(route, 'match') ?? '').matchAll(/Host(?:SNI)?\(([^)]*)\)/g)].flatMap(([, list = '']) =>
      list.split(',').map((host) => host.trim().replace(/^[`'"]|[`'"]$/g, '')),
    ),
  );
}

function servicesOfRoutes({ object }: Entry): { readonly service: unknown; readonly pointer: string }[] {
  return listAt(object, 'spec', 'routes').flatMap((route, index) =>
    listAt(route, 'services').map((service, number) => ({
      service,
      pointer: `/spec/routes/${index}/services/${number}`,
    })),
  );
}

function ingressRouteBackends(entry: Entry): RouteBackend[] {
  return servicesOfRoutes(entry).flatMap(({ service, pointer }) => {
    const name = textAt(service, 'name');
    if (name === undefined || (textAt(service, 'kind') ?? 'Service') !== 'Service') return [];
    return backend(`${name}.${textAt(service, 'namespace') || entry.namespace}`, entry.namespace, pointer, service);
  });
}

/** The TraefikService of a Canary has the name of its apex Service. */
function traefikServices(entry: Entry): Delegates {
  return servicesOfRoutes(entry).flatMap(({ service, pointer }) => {
    const name = textAt(service, 'name');
    return name === undefined || textAt(service, 'kind') !== 'TraefikService'
      ? []
      : [{ name, namespace: textAt(service, 'namespace') || entry.namespace, pointer }];
  });
}

function apisixHosts({ object }: Entry): string[] {
  return listAt(object, 'spec', 'http').flatMap((rule) => textsAt(rule, 'match', 'hosts'));
}

function apisixBackends({ object, namespace }: Entry): RouteBackend[] {
  return listAt(object, 'spec', 'http').flatMap((rule, index) =>
    listAt(rule, 'backends').flatMap((one, number) => {
      const name = textAt(one, 'serviceName');
      return name === undefined ? [] : backend(name, namespace, `/spec/http/${index}/backends/${number}`, one);
    }),
  );
}

/** Of Gloo: a RouteTable delegates to that of the apex name. */
function routeTables({ object, namespace }: Entry): Delegates {
  return listAt(object, 'spec', 'routes').flatMap((route, index) => {
    const reference = fieldsAt(route, 'delegateAction', 'ref');
    const name = textAt(reference, 'name');
    return name === undefined
      ? []
      : [{ name, namespace: textAt(reference, 'namespace') || namespace, pointer: `/spec/routes/${index}` }];
  });
}

type Delegates = RouteView['delegates'];

class Route implements RouteView {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly isMadeByFlagger: boolean;
  private ownBackends: readonly RouteBackend[] | undefined;
  private ownDelegates: Delegates | undefined;

  constructor(
    readonly entry: Entry,
    readonly hosts: readonly string[],
    readonly gateways: readonly string[],
    readonly isMesh: boolean,
    readonly isGateway: boolean,
    private readonly readBackends: (entry: Entry) => readonly RouteBackend[],
    private readonly readDelegates: (entry: Entry) => Delegates,
  ) {
    this.kind = entry.kind;
    this.name = entry.name;
    this.namespace = entry.namespace;
    this.isMadeByFlagger = entry.madeBy !== undefined;
    this.ownBackends = undefined;
    this.ownDelegates = undefined;
  }

  // Of what Flagger makes, one for each Canary, hardly anybody asks for these.
  get backends(): readonly RouteBackend[] {
    this.ownBackends ??= this.readBackends(this.entry);
    return this.ownBackends;
  }
  get delegates(): Delegates {
    this.ownDelegates ??= this.readDelegates(this.entry);
    return this.ownDelegates;
  }
}

const noDelegates = (): Delegates => [];

function readVirtualService(entry: Entry): RouteView {
  const hosts = textsAt(entry.object, 'spec', 'hosts');
  const written = textsAt(entry.object, 'spec', 'gateways').map((gateway) => qualifyGateway(gateway, entry.namespace));
  // Without hosts it is a delegate: only the VirtualService that names it is bound to gateways.
  const gateways = written.length > 0 || hosts.length === 0 ? written : ['mesh'];
  return new Route(
    entry,
    hosts,
    gateways,
    gateways.includes('mesh'),
    gateways.some((gateway) => gateway !== 'mesh'),
    virtualServiceBackends,
    virtualServiceDelegates,
  );
}

function virtualServiceDelegates(entry: Entry): Delegates {
  const delegates: Delegates[number][] = [];
  for (const [index, http] of listAt(entry.object, 'spec', 'http').entries()) {
    const name = textAt(http, 'delegate', 'name');
    const namespace = textAt(http, 'delegate', 'namespace') || entry.namespace;
    if (name !== undefined) delegates.push({ name, namespace, pointer: `/spec/http/${index}/delegate` });
  }
  return delegates;
}

function readGatewayApiRoute(entry: Entry): RouteView {
  const parents = listAt(entry.object, 'spec', 'parentRefs').filter(isFields);
  const gateways = parents
    .filter((parent) => (textAt(parent, 'kind') ?? 'Gateway') === 'Gateway')
    .map((parent) => `${textAt(parent, 'namespace') || entry.namespace}/${textAt(parent, 'name') ?? ''}`);
  return new Route(
    entry,
    textsAt(entry.object, 'spec', 'hostnames'),
    gateways,
    parents.some((parent) => textAt(parent, 'kind') === 'Service'),
    gateways.length > 0,
    gatewayApiBackends,
    noDelegates,
  );
}

/**
 * A gateway of a VirtualService as `namespace/name`; `mesh` stays. Beside `name` and `namespace/name` Istio still takes the
 * old `name.namespace` and `name.namespace.svc.cluster.local`.
 * @see istio/istio 1.31 pilot/pkg/model/config.go (resolveGatewayName)
 */
export function qualifyGateway(gateway: string, namespace: string): string {
  if (gateway === 'mesh') return gateway;
  if (gateway.includes('/')) return gateway.startsWith('./') ? `${namespace}${gateway.slice(1)}` : gateway;
  const [name = '', space] = gateway.split('.');
  return `${space ?? namespace}/${name}`;
}

function backend(host: string, namespace: string, pointer: string, from: unknown, isMirror = false): RouteBackend[] {
  const one = readBackend(host, namespace, pointer, from, isMirror);
  return one ? [one] : [];
}

function readBackend(
  host: string,
  namespace: string,
  pointer: string,
  from: unknown,
  isMirror: boolean,
): RouteBackend | undefined {
  const service = parseServiceHost(host, namespace);
  if (!service) return undefined;
  return {
    host,
    namespace: service.namespace,
    name: service.name,
    port: numberAt(from, 'destination', 'port', 'number') ?? numberAt(from, 'port', 'number') ?? numberAt(from, 'port'),
    portName: textAt(from, 'port', 'name') ?? textAt(from, 'port'),
    weight: numberAt(from, 'weight'),
    subset: textAt(from, 'destination', 'subset') ?? textAt(from, 'subset'),
    pointer,
    isMirror,
  };
}

function virtualServiceBackends({ object, namespace }: Entry): RouteBackend[] {
  const backends: RouteBackend[] = [];
  const add = (host: string | undefined, pointer: string, from: unknown, isMirror: boolean) => {
    const one = host === undefined ? undefined : readBackend(host, namespace, pointer, from, isMirror);
    if (one) backends.push(one);
  };
  for (const list of ['http', 'tcp', 'tls'])
    for (const [index, rule] of listAt(object, 'spec', list).entries()) {
      const pointer = `/spec/${list}/${index}`;
      for (const [number, route] of listAt(rule, 'route').entries())
        add(textAt(route, 'destination', 'host'), `${pointer}/route/${number}`, route, false);
      add(textAt(rule, 'mirror', 'host'), `${pointer}/mirror`, at(rule, 'mirror'), true);
      for (const [number, mirror] of listAt(rule, 'mirrors').entries())
        add(textAt(mirror, 'destination', 'host'), `${pointer}/mirrors/${number}`, mirror, true);
    }
  return backends;
}

function gatewayApiBackends({ object, namespace }: Entry): RouteBackend[] {
  return listAt(object, 'spec', 'rules').flatMap((rule, index) => [
    ...listAt(rule, 'backendRefs').flatMap((ref, number) =>
      backendRef(ref, namespace, `/spec/rules/${index}/backendRefs/${number}`),
    ),
    ...listAt(rule, 'filters').flatMap((filter, number) =>
      backendRef(at(filter, 'requestMirror', 'backendRef'), namespace, `/spec/rules/${index}/filters/${number}`, true),
    ),
  ]);
}

function backendRef(ref: unknown, namespace: string, pointer: string, isMirror = false): RouteBackend[] {
  const name = textAt(ref, 'name');
  if (name === undefined || (textAt(ref, 'kind') ?? 'Service') !== 'Service') return [];
  return backend(`${name}.${textAt(ref, 'namespace') || namespace}`, namespace, pointer, ref, isMirror);
}

function ingressBackends({ object, namespace }: Entry): RouteBackend[] {
  const one = (from: unknown, pointer: string) => {
    const name = textAt(from, 'service', 'name') ?? textAt(from, 'serviceName');
    return name === undefined ? [] : backend(name, namespace, pointer, fieldsAt(from, 'service'));
  };
  return [
    ...one(at(object, 'spec', 'defaultBackend'), '/spec/defaultBackend'),
    ...listAt(object, 'spec', 'rules').flatMap((rule, index) =>
      listAt(rule, 'http', 'paths').flatMap((path, number) =>
        one(at(path, 'backend'), `/spec/rules/${index}/http/paths/${number}/backend`),
      ),
    ),
  ];
}
