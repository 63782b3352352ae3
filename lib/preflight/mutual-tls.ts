import { atPath, booleanAt, textAt, textMapAt } from '../kube';
import type { Entry, Workload, World } from '../world';

/** What the sidecar of a pod accepts at a port. */
export interface MutualTls {
  readonly mode: 'STRICT' | 'PERMISSIVE' | 'DISABLE';
  /** The PeerAuthentication that says so; undefined where none does. */
  readonly policy?: Entry;
  /** Pointer to the mode, into the policy. */
  readonly pointer: string;
}

/**
 * What the workload's sidecar accepts at a port of the pod: the policy of the workload, else of its namespace, else of the
 * mesh. Undefined where two policies of one level disagree: the older one counts, and manifests have no age.
 * @see istio/istio 1.31 pilot/pkg/security/authn/policy_applier.go (ComposePeerAuthentication)
 */
export function mutualTlsOf(world: World, workload: Workload, port?: number): MutualTls | undefined {
  const root = world.istioRootNamespace;
  const policies = world.selecting('PeerAuthentication', workload);
  const own = policies.filter((policy) => hasSelector(policy) && policy.namespace !== root);
  const levels = [
    own,
    policies.filter((policy) => !hasSelector(policy) && policy.namespace !== root),
    policies.filter((policy) => !hasSelector(policy) && policy.namespace === root),
  ];
  const atPort = port === undefined ? [] : own.flatMap((policy) => modeAt(policy, 'portLevelMtls', `${port}`));
  for (const found of [atPort, ...levels.map((level) => level.flatMap((policy) => modeAt(policy, 'mtls')))]) {
    const [first] = found;
    if (!first) continue;
    return found.every(({ mode }) => mode === first.mode) ? first : undefined;
  }
  return { mode: 'PERMISSIVE', pointer: '' };
}

/** The policy by which the sidecar refuses plain text at a port of the pod; undefined where it takes it, or nobody knows. */
export function strictPolicy(world: World, workload: Workload, port?: number): Entry | undefined {
  if (workload.injection.sidecar !== 'yes' || (port !== undefined && isPassedBy(workload, port))) return undefined;
  const tls = mutualTlsOf(world, workload, port);
  return tls?.mode === 'STRICT' ? tls.policy : undefined;
}

function hasSelector(policy: Entry): boolean {
  return Object.keys(textMapAt(policy.object, 'spec', 'selector', 'matchLabels')).length > 0;
}

function modeAt(policy: Entry, ...path: string[]): MutualTls[] {
  const mode = textAt(atPath(policy.object, ['spec', ...path, 'mode']));
  if (mode !== 'STRICT' && mode !== 'PERMISSIVE' && mode !== 'DISABLE') return [];
  return [{ mode, policy, pointer: `/spec/${path.join('/')}/mode` }];
}

/**
 * Whether requests to the port do not go through the sidecar; its own ports (status, metrics, health) never do.
 * @see istio/istio 1.31 manifests/charts/istio-control/istio-discovery/files/injection-template.yaml
 */
function isPassedBy({ podAnnotations }: Workload, port: number): boolean {
  if ([15020, 15021, 15090].includes(port)) return true;
  const list = (name: string) =>
    podAnnotations[`traffic.sidecar.istio.io/${name}`]?.split(',').map((part) => part.trim());
  const included = list('includeInboundPorts');
  if (included && !included.includes('*')) return !included.includes(`${port}`);
  return list('excludeInboundPorts')?.includes(`${port}`) ?? false;
}

/** The number of a port of the pods: a Service's `targetPort` may be the name of a container's port. */
export function podPort(workload: Workload | undefined, targetPort: number | string | undefined): number | undefined {
  if (typeof targetPort === 'number' || targetPort === undefined) return targetPort;
  if (/^\d+$/.test(targetPort)) return Number(targetPort);
  return workload?.containerPorts.find(({ name }) => name === targetPort)?.containerPort;
}

/** Whether istiod lets the sidecar answer the probes of the pods. @see istio/istio 1.31 pkg/kube/inject/app_probe.go */
export function probesAreRewritten(world: World, workload: Workload): boolean {
  const own = workload.podAnnotations['sidecar.istio.io/rewriteAppHTTPProbers'];
  if (own !== undefined) return /^(1|t|true)$/i.test(own);
  return booleanAt(world.istio.values, 'sidecarInjectorWebhook', 'rewriteAppHTTPProbe') !== false;
}
