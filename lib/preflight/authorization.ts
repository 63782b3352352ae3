import { at, type Fields, fieldsAt, isFields, listAt, textAt, textsAt } from '../kube';
import { type Entry, push, type Workload, type World } from '../world';
import type { Pods } from './pods';

/** A policy that refuses a request for certain. */
export interface Refusal {
  readonly policy: Entry;
  readonly action: 'ALLOW' | 'DENY';
}

/** What is known of a request. */
export interface Request {
  /** The port of the pod. */
  readonly port?: number;
  readonly path?: string;
}

/** Whether something matches, as far as manifests say. */
type Match = 'yes' | 'no' | 'maybe';

/**
 * The AuthorizationPolicy by which the workload's sidecar (in ambient mode: ztunnel) refuses the requests of other pods: a DENY
 * that matches, or an ALLOW where none matches. Only what is certain counts: a condition that manifests cannot answer refuses nothing.
 * @see istio/istio 1.31 pilot/pkg/security/authz/builder/builder.go; istio.io/docs/reference/config/security/authorization-policy
 */
export function refusalOf(world: World, workload: Workload, sender: Pods, request: Request): Refusal | undefined {
  // A policy of a waypoint or gateway (targetRefs) is not the sidecar's.
  const policies = world
    .selecting('AuthorizationPolicy', workload)
    .filter(({ object }) => targetsOf(object).length === 0);
  return refusalBy(world, policies, sender, request);
}

/** The AuthorizationPolicy by which the waypoint before a Service refuses the requests of other pods: one with the Service in `targetRefs`. */
export function refusalAtService(
  world: World,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  sender: Pods,
  request: Request,
): Refusal | undefined {
  return refusalBy(world, ofServices(world).get(`${namespace}/${name}`) ?? [], sender, request);
}

const byService = new WeakMap<World, ReadonlyMap<string, readonly Entry[]>>();

/** Found once for a world: each call asks. */
function ofServices(world: World): ReadonlyMap<string, readonly Entry[]> {
  const known = byService.get(world);
  if (known) return known;
  const found = new Map<string, Entry[]>();
  for (const policy of world.ofKind('AuthorizationPolicy'))
    for (const target of targetsOf(policy.object))
      if (textAt(target, 'kind') === 'Service' && !textAt(target, 'group'))
        push(found, `${policy.namespace}/${textAt(target, 'name')}`, policy);
  byService.set(world, found);
  return found;
}

function targetsOf(policy: unknown): readonly unknown[] {
  const { targetRef } = fieldsAt(policy, 'spec');
  return [...listAt(policy, 'spec', 'targetRefs'), ...(isFields(targetRef) ? [targetRef] : [])];
}

function refusalBy(world: World, policies: readonly Entry[], sender: Pods, request: Request): Refusal | undefined {
  const ofAction = (action: string) =>
    policies.filter(({ object }) => (textAt(object, 'spec', 'action') || 'ALLOW') === action);
  const matches = (policy: Entry) =>
    any(listAt(policy.object, 'spec', 'rules').map((rule) => ruleMatches(world, policy, rule, sender, request)));

  const denied = ofAction('DENY').find((policy) => matches(policy) === 'yes');
  if (denied) return { policy: denied, action: 'DENY' };
  const allows = ofAction('ALLOW');
  // The one of these pods, before one of the whole namespace.
  const nearest = allows.findLast(({ object }) => isFields(at(object, 'spec', 'selector'))) ?? allows.at(-1);
  if (!nearest || allows.some((policy) => matches(policy) !== 'no')) return undefined;
  return { policy: nearest, action: 'ALLOW' };
}

/** The name that a pod's certificate gives it: `cluster.local/ns/shop/sa/frontend`. */
export function principalOf(world: World, { namespace, serviceAccountName }: Pods): string | undefined {
  const domain = textAt(world.istio.meshConfig, 'trustDomain') || 'cluster.local';
  return serviceAccountName === undefined ? undefined : `${domain}/ns/${namespace}/sa/${serviceAccountName}`;
}

function ruleMatches(world: World, policy: Entry, rule: unknown, sender: Pods, request: Request): Match {
  const sources = listAt(rule, 'from').map((from) => sourceMatches(world, policy, fieldsAt(from, 'source'), sender));
  const operations = listAt(rule, 'to').map((to) => operationMatches(fieldsAt(to, 'operation'), request));
  return all([
    sources.length === 0 ? 'yes' : any(sources),
    operations.length === 0 ? 'yes' : any(operations),
    listAt(rule, 'when').length === 0 ? 'yes' : 'maybe',
  ]);
}

function sourceMatches(world: World, policy: Entry, source: Fields, sender: Pods): Match {
  const { sidecar, ambient } = sender.injection;
  // Without a certificate nobody has a name: what asks for one does not match.
  const hasName: Match = sidecar === 'yes' || ambient ? 'yes' : sidecar === 'no' ? 'no' : 'maybe';
  const named = (texts: readonly string[], test: (text: string) => Match): Match =>
    all([hasName, any(texts.map(test))]);
  const principal = (pattern: string) => principalMatches(world, pattern, sender);
  const namespace = (pattern: string): Match => (textMatches(pattern, sender.namespace) ? 'yes' : 'no');
  const account = (text: string): Match => {
    const [name = '', space = policy.namespace] = text.split('/').reverse();
    if (space !== sender.namespace) return 'no';
    return sender.serviceAccountName === undefined ? 'maybe' : name === sender.serviceAccountName ? 'yes' : 'no';
  };
  const tests: Readonly<Record<string, (texts: readonly string[]) => Match>> = {
    principals: (texts) => named(texts, principal),
    notPrincipals: (texts) => not(named(texts, principal)),
    namespaces: (texts) => named(texts, namespace),
    notNamespaces: (texts) => not(named(texts, namespace)),
    serviceAccounts: (texts) => named(texts, account),
    notServiceAccounts: (texts) => not(named(texts, account)),
  };
  return all(fieldMatches(source, tests));
}

function operationMatches(operation: Fields, { port, path }: Request): Match {
  const atPort = (texts: readonly string[]): Match =>
    port === undefined ? 'maybe' : texts.includes(`${port}`) ? 'yes' : 'no';
  const onPath = (texts: readonly string[]): Match =>
    path === undefined || texts.some((text) => text.includes('{'))
      ? 'maybe'
      : texts.some((text) => textMatches(text, path))
        ? 'yes'
        : 'no';
  return all(
    fieldMatches(operation, {
      ports: atPort,
      notPorts: (texts) => not(atPort(texts)),
      paths: onPath,
      notPaths: (texts) => not(onPath(texts)),
    }),
  );
}

/** Each field that is written has to match; of a field without a test nobody knows. */
function fieldMatches(
  fields: Fields,
  tests: Readonly<Record<string, (texts: readonly string[]) => Match>>,
): readonly Match[] {
  return Object.keys(fields)
    .filter((key) => listAt(fields, key).length > 0)
    .map((key) => tests[key]?.(textsAt(fields, key)) ?? 'maybe');
}

function principalMatches(world: World, pattern: string, sender: Pods): Match {
  const name = principalOf(world, sender);
  if (name !== undefined) {
    // In a policy `cluster.local` stands for the mesh's own trust domain, whatever that is called.
    const usual = name.replace(/^[^/]*/, 'cluster.local');
    return textMatches(pattern, name) || textMatches(pattern, usual) ? 'yes' : 'no';
  }
  const space = /\/ns\/([^/*]+)\//.exec(pattern)?.[1];
  return pattern === '*' ? 'yes' : space !== undefined && space !== sender.namespace ? 'no' : 'maybe';
}

/** Istio's patterns: all, a beginning, an end, or the whole text. */
function textMatches(pattern: string, text: string): boolean {
  if (pattern === '*') return text !== '';
  if (pattern.startsWith('*')) return text.endsWith(pattern.slice(1));
  if (pattern.endsWith('*')) return text.startsWith(pattern.slice(0, -1));
  return pattern === text;
}

function all(matches: readonly Match[]): Match {
  return matches.includes('no') ? 'no' : matches.includes('maybe') ? 'maybe' : 'yes';
}

function any(matches: readonly Match[]): Match {
  return matches.includes('yes') ? 'yes' : matches.includes('maybe') ? 'maybe' : 'no';
}

function not(match: Match): Match {
  return match === 'yes' ? 'no' : match === 'no' ? 'yes' : 'maybe';
}
