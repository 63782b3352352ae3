import { hostMatches, parseServiceHost } from '../../lib/kube';
import type { LiveObject } from '../lib/kube-client';
import { hasWaypoint, isAmbient, type MeshState } from './state';

/** One steady stream of requests. */
export interface Stream {
  readonly from: { readonly workload: string; readonly namespace: string };
  /** The request enters by this Istio Gateway (`namespace/name`) instead of by the caller's sidecar. */
  readonly gateway?: string;
  readonly host: string;
  readonly port: number;
  readonly path?: string;
  /** @default GET, of gRPC POST */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly requestsPerSecond: number;
  /** Has the caller a proxy? Without one no route applies and nobody reports as the source. */
  readonly inMesh: boolean;
}

export interface Share {
  readonly service: string;
  readonly namespace: string;
  /** Part of the stream, 0 to 1. */
  readonly share: number;
  /** A copy: its answers are thrown away. */
  readonly mirror?: boolean;
}

type Json = Record<string, unknown>;
interface StringMatch {
  readonly exact?: string;
  readonly prefix?: string;
  readonly regex?: string;
}

/** Where a stream goes: by the first matching rule of the HTTPRoute or VirtualService for its host, else straight to the Service. */
export function split(state: MeshState, stream: Stream): Share[] {
  const direct = parseServiceHost(stream.host, stream.from.namespace);
  const services = new Set(state.services.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
  const straight =
    direct && services.has(`${direct.namespace}/${direct.name}`)
      ? [{ service: direct.name, namespace: direct.namespace, share: 1 }]
      : [];
  if (!stream.gateway && !stream.inMesh) return straight;
  const service = direct && state.services.find((one) => isNamed(one, direct.name, direct.namespace));
  if (!stream.gateway && direct && isAmbient(state, direct.namespace)) {
    // ztunnel reads no HTTP: only a waypoint weighs, and it reads what is attached to the Service.
    return service && hasWaypoint(state, service) ? (byHttpRoute(state, stream) ?? straight) : straight;
  }
  const attached = byHttpRoute(state, stream);
  if (attached) return attached;
  const route = state.virtualServices.find((candidate) => applies(candidate, stream));
  if (!route) return stream.gateway ? [] : straight;
  const rule = ((route.spec.http ?? []) as Json[]).find(
    ({ match }) => match === undefined || (match as Json[]).some((one) => matches(one, stream, route)),
  );
  return rule ? shares(rule, route) : [];
}

const isNamed = ({ metadata }: LiveObject, name: string, namespace: string): boolean =>
  metadata.name === name && metadata.namespace === namespace;

interface ParentRef {
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
  readonly port?: number;
}

/** By the HTTPRoute that is attached to the Gateway or, for callers in the mesh, to the Service. Undefined: there is none. */
function byHttpRoute(state: MeshState, stream: Stream): Share[] | undefined {
  const route = state.httpRoutes.find((candidate) => isAttached(candidate, stream));
  if (!route) return undefined;
  const rule = ((route.spec.rules ?? []) as Json[]).find(
    ({ matches: list }) => list === undefined || (list as Json[]).some((one) => matchesHttpRoute(one, stream)),
  );
  return rule ? backends(rule, route.metadata.namespace ?? '') : [];
}

function isAttached(route: LiveObject, { gateway, host, port, from }: Stream): boolean {
  const own = route.metadata.namespace ?? '';
  const parents = (route.spec.parentRefs ?? []) as ParentRef[];
  if (gateway) {
    const hosts = (route.spec.hostnames ?? ['*']) as string[];
    return (
      parents.some(
        ({ kind = 'Gateway', name, namespace = own }) => kind === 'Gateway' && gateway === `${namespace}/${name}`,
      ) && hosts.some((pattern) => hostMatches(pattern, host))
    );
  }
  const wanted = parseServiceHost(host, from.namespace);
  return parents.some(
    (parent) =>
      parent.kind === 'Service' &&
      parent.name === wanted?.name &&
      (parent.namespace ?? own) === wanted.namespace &&
      (parent.port === undefined || parent.port === port),
  );
}

/** Flagger writes path prefixes, headers and methods; other kinds of matches are not told apart here. */
function matchesHttpRoute({ path, headers = [] }: Json, stream: Stream): boolean {
  const { type = 'PathPrefix', value = '/' } = (path ?? {}) as { type?: string; value?: string };
  const asked = stream.path ?? '/';
  if (type === 'Exact' ? asked !== value : !asked.startsWith(value)) return false;
  const lower = new Map(Object.entries(stream.headers ?? {}).map(([name, text]) => [name.toLowerCase(), text]));
  return (headers as { type?: string; name: string; value: string }[]).every((header) => {
    const found = lower.get(header.name.toLowerCase());
    if (found === undefined) return false;
    return header.type === 'RegularExpression'
      ? new RegExp(`^(?:${header.value})$`).test(found)
      : found === header.value;
  });
}

function backends({ backendRefs = [], filters = [] }: Json, own: string): Share[] {
  const refs = backendRefs as { name: string; namespace?: string; weight?: number }[];
  const total = refs.reduce((sum, { weight = 1 }) => sum + weight, 0);
  const found: Share[] = refs
    .map(({ name, namespace = own, weight = 1 }) => ({ service: name, namespace, share: weight / (total || 1) }))
    .filter(({ share }) => share > 0);
  for (const { requestMirror } of filters as { requestMirror?: { backendRef: ParentRef; percent?: number } }[]) {
    if (!requestMirror) continue;
    const { backendRef, percent = 100 } = requestMirror;
    found.push({
      service: backendRef.name,
      namespace: backendRef.namespace ?? own,
      share: percent / 100,
      mirror: true,
    });
  }
  return found;
}

function applies(route: LiveObject, { gateway, host, from }: Stream): boolean {
  const namespace = route.metadata.namespace ?? '';
  const gateways = ((route.spec.gateways ?? ['mesh']) as string[]).map((name) =>
    name === 'mesh' || name.includes('/') ? name : `${namespace}/${name}`,
  );
  if (!gateways.includes(gateway ?? 'mesh')) return false;
  const wanted = qualified(host, from.namespace);
  return ((route.spec.hosts ?? []) as string[]).some((pattern) => {
    if (gateway) return hostMatches(pattern, host);
    return hostMatches(qualified(pattern, namespace), wanted);
  });
}

function qualified(host: string, namespace: string): string {
  const service = host.includes('*') ? undefined : parseServiceHost(host, namespace);
  return service ? `${service.name}.${service.namespace}.svc.cluster.local` : host;
}

function matches(match: Json, { path = '/', headers = {}, gateway, port }: Stream, route: LiveObject): boolean {
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  if (match.uri && !text(match.uri as StringMatch, path)) return false;
  if (match.port !== undefined && match.port !== port) return false;
  if (match.sourceLabels) return false;
  const gateways = match.gateways as string[] | undefined;
  if (
    gateways &&
    !gateways.includes(gateway ?? 'mesh') &&
    !gateways.includes(`${route.metadata.namespace}/${gateway}`)
  ) {
    return false;
  }
  return Object.entries((match.headers ?? {}) as Record<string, StringMatch>).every(([name, wanted]) => {
    const value = lower[name.toLowerCase()];
    return value !== undefined && text(wanted, value);
  });
}

function text({ exact, prefix, regex }: StringMatch, value: string): boolean {
  if (exact !== undefined) return value === exact;
  if (prefix !== undefined) return value.startsWith(prefix);
  return regex === undefined || new RegExp(`^(?:${regex})$`).test(value);
}

function shares(rule: Json, route: LiveObject): Share[] {
  const namespace = route.metadata.namespace ?? '';
  const service = (host: string): { service: string; namespace: string } => {
    const parsed = parseServiceHost(host, namespace);
    return { service: parsed?.name ?? host, namespace: parsed?.namespace ?? namespace };
  };
  const destinations = (rule.route ?? []) as { destination: { host: string }; weight?: number }[];
  const total = destinations.reduce((sum, { weight }) => sum + (weight ?? 0), 0);
  const found: Share[] = destinations
    .map(({ destination, weight }) => ({
      ...service(destination.host),
      // One destination without a weight gets everything.
      share: destinations.length === 1 ? 1 : (weight ?? 0) / (total || 1),
    }))
    .filter(({ share }) => share > 0);
  const mirror = rule.mirror as { host: string } | undefined;
  if (mirror) {
    const percent = (rule.mirrorPercentage as { value?: number } | undefined)?.value ?? 100;
    found.push({ ...service(mirror.host), share: percent / 100, mirror: true });
  }
  return found;
}
