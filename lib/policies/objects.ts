import type { ResolvedService } from '../catalog';
import { MESH_FACTS, type MeshMode } from '../mesh';
import { allowedOf, ofProxy, type ServiceAllowed, toNames } from './allowed';
import { authorizationRules, hasIdentity, workloadLabels } from './authorization-policy';
import { linkerdPolicies } from './linkerd-policy';
import { networkPolicySpec, podSelector } from './network-policy';
import type { PlatformPeers } from './platform';
import { podsOf } from './pods';
import type { Allowed, PodSet, PolicyMode, ServiceConnections } from './types';

/** An object of ours without its labels. */
export interface PolicyObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec: Readonly<Record<string, unknown>>;
}

const NETWORK_POLICY = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' };
const AUTHORIZATION_POLICY = { apiVersion: 'security.istio.io/v1', kind: 'AuthorizationPolicy' };
/** The proxy only logs what it would refuse. @see istio.io 1.31 tasks/security/authorization/authz-dry-run */
const DRY_RUN = { 'istio.io/dry-run': 'true' };

const annotationsOf = (mode: PolicyMode): Pick<PolicyObject, 'annotations'> =>
  mode === 'audit' ? { annotations: DRY_RUN } : {};

const SIDECAR = { apiVersion: 'networking.istio.io/v1', kind: 'Sidecar' };

/** What one service's policies are made for. */
export interface ServicePolicyProps {
  readonly service: ResolvedService;
  readonly connections: ServiceConnections;
  readonly platform: PlatformPeers;
  readonly mesh: MeshMode;
  /** Of the platform. */
  readonly namespace: string;
  /** Hosts of callees whose Service has another name. */
  readonly hosts?: Readonly<Record<string, string>>;
}

/** The policies of one service: its pods get the connections that it needs, and no others. */
export function servicePolicies(props: ServicePolicyProps): PolicyObject[] {
  const { service, connections, platform, mesh } = props;
  const { mode } = connections;
  const pods = podsOf(service, props.namespace);
  const allowed = allowedOf(service, connections, platform);
  const { name } = service;
  const { namespace } = pods;
  return [
    // There is no NetworkPolicy that only logs.
    ...(mode === 'audit'
      ? []
      : [
          {
            ...NETWORK_POLICY,
            name,
            namespace,
            ...callersAnnotation(allowed),
            spec: networkPolicySpec(pods, allowed, platform),
          },
        ]),
    ...(MESH_FACTS[mesh].authorizes === 'istio' ? authorizationPolicies(props, pods, allowed) : []),
    ...(MESH_FACTS[mesh].authorizes === 'linkerd'
      ? linkerdPolicies(service, mode, pods, allowed).map((object) => ({ ...object, namespace }))
      : []),
    ...(mode === 'enforce' && hasIstioSidecars(mesh) ? sidecars(props, pods) : []),
  ];
}

/** Who calls and is nowhere else to be seen, for those who judge the policy later. @see lib/preflight/stated-callers.ts */
function callersAnnotation({ ingress }: ServiceAllowed): Pick<PolicyObject, 'annotations'> {
  const callers = ingress
    .filter(({ need }) => need === 'caller')
    .map(({ peer, ports }) => ({
      name: peer.who,
      ports: ports.map(({ port }) => port),
      ...(peer.kind === 'pods'
        ? { namespace: peer.pods.namespace, labels: peer.pods.labels, account: peer.account?.split('/')[1] }
        : { cidrs: peer.cidrs }),
    }));
  return callers.length === 0 ? {} : { annotations: { 'aviary.dev/callers': JSON.stringify(callers) } };
}

function authorizationPolicies(
  { service, connections: { mode }, platform, mesh }: ServicePolicyProps,
  pods: PodSet,
  allowed: ServiceAllowed,
): PolicyObject[] {
  const { namespace } = pods;
  const of = { ...AUTHORIZATION_POLICY, namespace, ...annotationsOf(mode) };
  if (!MESH_FACTS[mesh].isAmbient)
    return workloadLabels(pods).map((matchLabels, index) => ({
      ...of,
      name: index === 0 ? service.name : `${service.name}-primary`,
      spec: allowSpec({ selector: { matchLabels } }, authorizationRules(allowed)),
    }));
  // ztunnel knows that the waypoint comes, the gateway's requests included; the waypoint knows who sent them to which Service.
  const waypoint = platform.waypoint(namespace)!;
  const through: Allowed = { need: 'call', peer: waypoint, ports: [], why: 'waypoint' };
  const targetRefs = servicesOf(service).map((name) => ({ group: '', kind: 'Service', name }));
  const atPods = workloadLabels(pods).map((matchLabels, index) => ({
    ...of,
    name: `${service.name}${index === 0 ? '' : '-primary'}.pods`,
    // What has no Service, or no caller, is nobody's to call.
    spec: allowSpec(
      { selector: { matchLabels } },
      authorizationRules({ ingress: targetRefs.length > 0 && allowed.ingress.some(hasIdentity) ? [through] : [] }),
    ),
  }));
  // ztunnel does not know the annotation: it would refuse.
  return [
    ...(mode === 'audit' ? [] : atPods),
    ...(targetRefs.length === 0
      ? []
      : [
          {
            ...of,
            name: service.name,
            spec: allowSpec(
              { targetRefs },
              authorizationRules(allowed, ({ port, servicePort = port }) => servicePort),
            ),
          },
        ]),
  ];
}

const hasIstioSidecars = (mesh: MeshMode): boolean =>
  MESH_FACTS[mesh].authorizes === 'istio' && !MESH_FACTS[mesh].isAmbient;

/**
 * What the proxies of a service know, and send to: its callees and the hosts outside that it calls. Primary and canary of a
 * callee follow from its routes.
 * @see istio/istio 1.31 pilot/pkg/model/sidecar.go
 */
function sidecars(
  { service, connections: { callees, externals = [] }, platform, namespace: usual, hosts }: ServicePolicyProps,
  pods: PodSet,
): PolicyObject[] {
  const known = [
    ...callees.map(
      ({ service: callee, pods: { namespace } }) =>
        `${namespace}/${hosts?.[callee]?.split('.')[0] ?? callee}.${namespace}.svc.cluster.local`,
    ),
    ...externals.flatMap((external) => external.hosts.map((host) => `${usual}/${host}`)),
    // Where spans go, and what the mesh itself offers.
    'istio-system/*',
    ...(platform.tracing?.peer.kind === 'pods' ? [`${platform.tracing.peer.pods.namespace}/*`] : []),
  ];
  return workloadLabels(pods).map((labels, index) => ({
    ...SIDECAR,
    name: index === 0 ? service.name : `${service.name}-primary`,
    namespace: pods.namespace,
    spec: {
      workloadSelector: { labels },
      outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
      egress: [{ hosts: [...new Set(known)] }],
    },
  }));
}

const allowSpec = (
  target: Readonly<Record<string, unknown>>,
  rules: readonly unknown[],
): Readonly<Record<string, unknown>> => ({ ...target, action: 'ALLOW', ...(rules.length > 0 ? { rules } : {}) });

/** The Services that lead to the pods, those that Flagger makes included. @see lib/flagger/service-names.ts */
function servicesOf({ name, workloadName = name, ports = [], service, canary }: ResolvedService): string[] {
  if (ports.length === 0 || service === false) return [];
  const own = service?.name ?? workloadName;
  return canary ? [own, `${own}-canary`, `${own}-primary`] : [own];
}

/** What the policies of a cluster's namespaces are made for. */
export interface DefaultDenyProps {
  readonly mode: PolicyMode;
  readonly platform: PlatformPeers;
  readonly mesh: MeshMode;
  /** Of the services. */
  readonly namespaces: readonly string[];
}

const DEFAULT_DENY = 'default-deny';

/**
 * What holds for every pod of the services' namespaces that has no policy of its own: nothing. Applied when all services have
 * theirs, it refuses nothing that works.
 */
export function defaultDeny({ mode, platform, mesh, namespaces }: DefaultDenyProps): PolicyObject[] {
  const { authorizes } = MESH_FACTS[mesh];
  return namespaces.flatMap((namespace): PolicyObject[] => {
    const of = { name: DEFAULT_DENY, namespace };
    const waypoint = platform.waypoint(namespace);
    return [
      ...(mode === 'audit'
        ? []
        : [
            {
              ...NETWORK_POLICY,
              ...of,
              spec: { podSelector: podSelector({ namespace }), policyTypes: ['Ingress', 'Egress'] },
            },
            ...(waypoint?.kind === 'pods' ? [waypointPolicy(waypoint.pods, platform)] : []),
          ]),
      ...(authorizes === 'istio' ? [{ ...AUTHORIZATION_POLICY, ...of, ...annotationsOf(mode), spec: {} }] : []),
    ];
  });
}

/** The waypoint takes requests from every pod of the mesh: who may send which, its own policies say. */
function waypointPolicy(pods: PodSet, platform: PlatformPeers): PolicyObject {
  const { proxies, prometheus } = platform;
  const tunnel = [{ port: proxies?.tunnelPort ?? 0, protocol: 'TCP' }];
  const names = networkPolicySpec(
    pods,
    {
      ingress: prometheus
        ? [{ need: 'scrape', peer: prometheus, ports: [{ port: proxies?.metricsPort ?? 0 }], why: 'counters' }]
        : [],
      egress: [...ofProxy(platform), ...toNames(platform)],
    },
    { waypoint: () => undefined },
  );
  return {
    ...NETWORK_POLICY,
    name: 'waypoint',
    namespace: pods.namespace,
    spec: {
      ...names,
      ingress: [{ from: [{ namespaceSelector: {} }], ports: tunnel }, ...((names.ingress as unknown[]) ?? [])],
      egress: [{ to: [{ podSelector: {} }], ports: tunnel }, ...((names.egress as unknown[]) ?? [])],
    },
  };
}
