import type { KubeClient, LiveObject } from '../lib/kube-client';

/** What a mesh's control plane watches. */
export interface MeshState {
  readonly virtualServices: readonly LiveObject[];
  readonly httpRoutes: readonly LiveObject[];
  /** Of the Gateway API: a waypoint is one. */
  readonly gateways: readonly LiveObject[];
  readonly services: readonly LiveObject[];
  readonly pods: readonly LiveObject[];
  readonly namespaces: readonly LiveObject[];
  readonly networkPolicies: readonly LiveObject[];
  readonly authorizationPolicies: readonly LiveObject[];
  readonly sidecars: readonly LiveObject[];
}

export async function readMeshState(client: KubeClient): Promise<MeshState> {
  const [
    virtualServices,
    httpRoutes,
    gateways,
    services,
    pods,
    namespaces,
    networkPolicies,
    authorizationPolicies,
    sidecars,
  ] = await Promise.all([
    client.list('networking.istio.io/v1', 'VirtualService'),
    client.list('gateway.networking.k8s.io/v1', 'HTTPRoute'),
    client.list('gateway.networking.k8s.io/v1', 'Gateway'),
    client.list('v1', 'Service'),
    client.list('v1', 'Pod'),
    client.list('v1', 'Namespace'),
    client.list('networking.k8s.io/v1', 'NetworkPolicy'),
    client.list('security.istio.io/v1', 'AuthorizationPolicy'),
    client.list('networking.istio.io/v1', 'Sidecar'),
  ]);
  return {
    virtualServices,
    httpRoutes,
    gateways,
    services,
    pods,
    namespaces,
    networkPolicies,
    authorizationPolicies,
    sidecars,
  };
}

/** Ready pods of a namespace, or of all. */
export function runningPods({ pods }: MeshState, namespace?: string): LiveObject[] {
  return pods.filter((pod) => (namespace === undefined || pod.metadata.namespace === namespace) && isReady(pod));
}

const isReady = ({ metadata, status }: LiveObject): boolean =>
  !metadata.deletionTimestamp &&
  status?.conditions?.some(
    ({ type, status: is }: { type: string; status: string }) => type === 'Ready' && is === 'True',
  );

/** Ready pods that a Service selects. A Service without a selector has no pods of its own. */
export function readyPods(state: MeshState, service: LiveObject): LiveObject[] {
  const selector = Object.entries((service.spec.selector ?? {}) as Record<string, string>);
  if (selector.length === 0) return [];
  return runningPods(state, service.metadata.namespace).filter(({ metadata }) =>
    selector.every(([key, value]) => metadata.labels?.[key] === value),
  );
}

/** Name of the workload as Istio derives it: the ReplicaSet's name without the hash of the pod template. */
export function workloadOf(pod: LiveObject): string {
  const owners = (pod.metadata.ownerReferences ?? []) as { kind: string; name: string }[];
  const [owner] = owners;
  if (!owner) return pod.metadata.name;
  const hash = pod.metadata.labels?.['pod-template-hash'];
  return owner.kind === 'ReplicaSet' && hash && owner.name.endsWith(`-${hash}`)
    ? owner.name.slice(0, -hash.length - 1)
    : owner.name;
}

/** Has the injector given the pod a proxy? The namespace's label decides, the pod's own label can refuse. */
export function isInjected(state: MeshState, pod: LiveObject): boolean {
  const labels = labelsOf(state, pod.metadata.namespace);
  const own = pod.metadata.labels?.['sidecar.istio.io/inject'] ?? pod.metadata.annotations?.['sidecar.istio.io/inject'];
  if (own === 'false') return false;
  return labels['istio-injection'] === 'enabled' || labels['istio.io/rev'] !== undefined || own === 'true';
}

const labelsOf = ({ namespaces }: MeshState, namespace: string | undefined): Readonly<Record<string, string>> =>
  namespaces.find(({ metadata }) => metadata.name === namespace)?.metadata.labels ?? {};

export const isAmbient = (state: MeshState, namespace: string | undefined): boolean =>
  labelsOf(state, namespace)['istio.io/dataplane-mode'] === 'ambient';

/** Does a waypoint stand before a Service? Its own label names it, else its namespace's; and there must be one. */
export function hasWaypoint(state: MeshState, { metadata }: LiveObject): boolean {
  const label = 'istio.io/use-waypoint';
  const name = metadata.labels?.[label] ?? labelsOf(state, metadata.namespace)[label];
  return state.gateways.some(
    (gateway) =>
      gateway.metadata.name === name &&
      gateway.metadata.namespace === metadata.namespace &&
      gateway.spec.gatewayClassName === 'istio-waypoint',
  );
}

/** Does what a gateway sends to a Service pass its waypoint, too? A label of the Service, or of its namespace, says so. */
export function isIngressThroughWaypoint(state: MeshState, { metadata }: LiveObject): boolean {
  const label = 'istio.io/ingress-use-waypoint';
  return (metadata.labels?.[label] ?? labelsOf(state, metadata.namespace)[label]) === 'true';
}

/** Who counts the requests to a pod of a Service: its sidecar, or the waypoint; ztunnel knows connections only. */
export function reporterOf(
  state: MeshState,
  pod: LiveObject,
  service: LiveObject,
): 'destination' | 'waypoint' | undefined {
  if (isInjected(state, pod)) return 'destination';
  return isAmbient(state, pod.metadata.namespace) && hasWaypoint(state, service) ? 'waypoint' : undefined;
}

/** How Istio treats a Service's port: `appProtocol` first, then the name's prefix; anything else is sniffed, HTTP here. */
export function portProtocol(port: { name?: string; appProtocol?: string }): 'http' | 'grpc' | 'tcp' {
  const word = (port.appProtocol ?? port.name?.split('-')[0] ?? 'http').replace(/^kubernetes\.io\//, '').toLowerCase();
  if (word === 'grpc' || word === 'grpc-web') return 'grpc';
  return ['tcp', 'tls', 'https', 'redis', 'mongo', 'mysql', 'udp'].includes(word) ? 'tcp' : 'http';
}
