import type { KubeClient, LiveObject } from '../lib/kube-client';

/** What a mesh's control plane watches. */
export interface MeshState {
  readonly virtualServices: readonly LiveObject[];
  readonly httpRoutes: readonly LiveObject[];
  readonly services: readonly LiveObject[];
  readonly pods: readonly LiveObject[];
  readonly namespaces: readonly LiveObject[];
}

export async function readMeshState(client: KubeClient): Promise<MeshState> {
  const [virtualServices, httpRoutes, services, pods, namespaces] = await Promise.all([
    client.list('networking.istio.io/v1', 'VirtualService'),
    client.list('gateway.networking.k8s.io/v1', 'HTTPRoute'),
    client.list('v1', 'Service'),
    client.list('v1', 'Pod'),
    client.list('v1', 'Namespace'),
  ]);
  return { virtualServices, httpRoutes, services, pods, namespaces };
}

/** Ready pods that a Service selects. A Service without a selector has no pods of its own. */
export function readyPods({ pods }: MeshState, service: LiveObject): LiveObject[] {
  const selector = Object.entries((service.spec.selector ?? {}) as Record<string, string>);
  if (selector.length === 0) return [];
  return pods.filter(
    (pod) =>
      pod.metadata.namespace === service.metadata.namespace &&
      !pod.metadata.deletionTimestamp &&
      selector.every(([key, value]) => pod.metadata.labels?.[key] === value) &&
      pod.status?.conditions?.some(
        ({ type, status }: { type: string; status: string }) => type === 'Ready' && status === 'True',
      ),
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
export function isInjected({ namespaces }: MeshState, pod: LiveObject): boolean {
  const labels = namespaces.find(({ metadata }) => metadata.name === pod.metadata.namespace)?.metadata.labels ?? {};
  const own = pod.metadata.labels?.['sidecar.istio.io/inject'] ?? pod.metadata.annotations?.['sidecar.istio.io/inject'];
  if (own === 'false') return false;
  return labels['istio-injection'] === 'enabled' || labels['istio.io/rev'] !== undefined || own === 'true';
}

/** How Istio treats a Service's port: `appProtocol` first, then the name's prefix; anything else is sniffed, HTTP here. */
export function portProtocol(port: { name?: string; appProtocol?: string }): 'http' | 'grpc' | 'tcp' {
  const word = (port.appProtocol ?? port.name?.split('-')[0] ?? 'http').replace(/^kubernetes\.io\//, '').toLowerCase();
  if (word === 'grpc' || word === 'grpc-web') return 'grpc';
  return ['tcp', 'tls', 'https', 'redis', 'mongo', 'mysql', 'udp'].includes(word) ? 'tcp' : 'http';
}
