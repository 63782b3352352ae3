import type { LiveObject } from '../lib/kube-client';
import { type Fields, fieldsOf, listOf, only } from './understood';

/** What an AuthorizationPolicy is asked about. */
export interface Asked {
  /** `<trust domain>/ns/<namespace>/sa/<account>`, of mutual TLS. Absent: the caller has no proxy. */
  readonly principal?: string;
  /** Of the connection, where it is judged. */
  readonly port: number;
  /** Absent where only the connection is seen. */
  readonly request?: { readonly method: string; readonly path: string };
}

/** Where policies are judged: at the pod's own proxy, or at the waypoint before a Service. */
export type Judged =
  | { readonly at: 'pod'; readonly namespace: string; readonly labels: Readonly<Record<string, string>> }
  | { readonly at: 'service'; readonly namespace: string; readonly service: string };

/** Namespace whose policies hold everywhere. */
const ROOT = 'istio-system';

/**
 * Which AuthorizationPolicies deny a request: a DENY that matches, or ALLOWs of which none does. Undefined: it is let through.
 * @see istio.io 1.31 reference/config/security/authorization-policy
 * @throws where a policy has a form that is not read here
 */
export function deniedBy(policies: readonly LiveObject[], judged: Judged, asked: Asked): string | undefined {
  const own = policies.filter((policy) => isAbout(policy, judged) && !isDryRun(policy));
  const of = (action: string) => own.filter(({ spec = {} }) => (spec.action ?? 'ALLOW') === action);
  for (const policy of own)
    if (!['ALLOW', 'DENY'].includes(policy.spec?.action ?? 'ALLOW'))
      throw new Error(`${nameOf(policy)}: the mesh imitation does not understand action ${policy.spec.action}`);
  const denying = of('DENY').find((policy) => hasRule(policy, asked));
  if (denying) return `${nameOf(denying)} denies ${describe(asked)}`;
  const allowing = of('ALLOW');
  if (allowing.length === 0 || allowing.some((policy) => hasRule(policy, asked))) return undefined;
  return `${allowing.map(nameOf).sort().join(', ')} does not allow ${describe(asked)}`;
}

const nameOf = ({ metadata }: LiveObject): string => `AuthorizationPolicy ${metadata.namespace}/${metadata.name}`;
const describe = ({ principal = 'a caller without identity', port, request }: Asked): string =>
  `${principal} on ${port}${request ? ` (${request.method} ${request.path})` : ''}`;
const isDryRun = ({ metadata }: LiveObject): boolean => metadata.annotations?.['istio.io/dry-run'] === 'true';

function isAbout(policy: LiveObject, judged: Judged): boolean {
  const { metadata, spec = {} } = policy;
  only(spec, ['selector', 'targetRefs', 'action', 'rules'], nameOf(policy));
  const targets = listOf(spec.targetRefs) as { group?: string; kind?: string; name?: string }[];
  if (judged.at === 'service')
    return (
      metadata.namespace === judged.namespace &&
      targets.some(({ group = '', kind, name }) => group === '' && kind === 'Service' && name === judged.service)
    );
  if (targets.length > 0) return false;
  if (metadata.namespace !== judged.namespace && metadata.namespace !== ROOT) return false;
  const selector = fieldsOf(spec.selector);
  only(selector, ['matchLabels'], nameOf(policy));
  return Object.entries(fieldsOf(selector.matchLabels)).every(([key, value]) => judged.labels[key] === value);
}

function hasRule(policy: LiveObject, asked: Asked): boolean {
  const where = nameOf(policy);
  return listOf(policy.spec?.rules).some((rule) => {
    only(rule, ['from', 'to'], where);
    const [from, to] = [listOf(rule.from), listOf(rule.to)];
    return (
      (from.length === 0 || from.some((one) => isSource(fieldsOf(one.source), asked, where))) &&
      (to.length === 0 || to.some((one) => isOperation(fieldsOf(one.operation), asked, where)))
    );
  });
}

function isSource(source: Fields, { principal }: Asked, where: string): boolean {
  only(source, ['principals', 'namespaces'], where);
  const namespace = principal?.split('/')[2];
  return has(source.principals, principal) && has(source.namespaces, namespace);
}

function isOperation(operation: Fields, { port, request }: Asked, where: string): boolean {
  only(operation, ['ports', 'methods', 'paths'], where);
  // What only sees connections never matches a rule about requests.
  return (
    has(operation.ports, String(port)) && has(operation.methods, request?.method) && has(operation.paths, request?.path)
  );
}

/** Exact, `*` (any that is there), `prefix*` or `*suffix`; no list asks nothing. */
function has(list: unknown, value: string | undefined): boolean {
  if (list === undefined) return true;
  if (value === undefined) return false;
  return (list as string[]).some((pattern) => {
    if (pattern === '*') return value !== '';
    if (pattern.endsWith('*')) return value.startsWith(pattern.slice(0, -1));
    return pattern.startsWith('*') ? value.endsWith(pattern.slice(1)) : value === pattern;
  });
}
