import { parseServiceHost } from '../../lib/kube';
import type { LiveObject } from '../lib/kube-client';
import { deniedBy } from './authorization-policies';
import { droppedBy, type End } from './network-policies';
import type { Stream } from './routes';
import { hiddenBy } from './sidecars';
import {
  hasWaypoint,
  isAmbient,
  isIngressThroughWaypoint,
  isInjected,
  type MeshState,
  portProtocol,
  runningPods,
  workloadOf,
} from './state';

/** A port of a Service. */
export interface ServicePort {
  readonly port: number;
  readonly name?: string;
  readonly appProtocol?: string;
  readonly targetPort?: number | string;
}

/** A request of a stream, on its way from one pod to another. */
export interface Attempt {
  readonly stream: Stream;
  /** Absent where nothing runs that stands for the caller. */
  readonly from?: LiveObject;
  readonly to: LiveObject;
  readonly service: LiveObject;
  readonly port: ServicePort;
}

/** Why a request does not arrive. `dropped`: nobody answers, and the receiver sees nothing; `denied`: it answers 403. */
export interface Refusal {
  readonly how: 'dropped' | 'denied';
  readonly by: string;
}

const TUNNEL = 15008;
const CONFIGURATION = 15012;
const COUNTERS = 15020;
const GATEWAY_NAME = 'gateway.networking.k8s.io/gateway-name';
/** From where probes of a node seem to come to pods in ambient mode. @see istio.io 1.31 ambient/usage/networkpolicy */
const PROBES: End = { who: 'the probes of the node', address: '169.254.7.127' };

const dropped = (by: string | undefined): Refusal | undefined =>
  by === undefined ? undefined : { how: 'dropped', by };

/**
 * What the policies of a cluster let through, as the network, the sidecars, ztunnel and the waypoints enforce them. Without a
 * policy everything passes. What is not there is not asked: without a pod of istiod no proxy needs one.
 */
export class Enforcement {
  private readonly startup = new Map<string, string | undefined>();

  constructor(private readonly state: MeshState) {}

  /** Pods that send a stream: those of its workload, or of that workload's primary. */
  sources({ from }: Stream): LiveObject[] {
    return runningPods(this.state, from.namespace).filter((pod) =>
      [from.workload, `${from.workload}-primary`].includes(workloadOf(pod)),
    );
  }

  refusalOf(attempt: Attempt): Refusal | undefined {
    const { stream, from, to, service } = attempt;
    const unready = (from && this.unstarted(from)) ?? this.unstarted(to);
    if (unready) return dropped(unready);
    if (from && !stream.gateway) {
      const asked = parseServiceHost(stream.host, stream.from.namespace);
      const nameless = this.unnamed(from);
      if (nameless) return dropped(nameless);
      if (asked && isInjected(this.state, from)) {
        const hidden = hiddenBy(this.state.sidecars, podOf(from), asked);
        if (hidden) return dropped(hidden);
      }
    }
    if (!isAmbient(this.state, to.metadata.namespace)) return this.atSidecar(attempt);
    const passes = !stream.gateway || isIngressThroughWaypoint(this.state, service);
    return passes && hasWaypoint(this.state, service) ? this.throughWaypoint(attempt) : this.atTunnel(attempt, from);
  }

  /** Whether Prometheus gets the counters of the proxy that counts for a pod; where none runs, somebody outside does. */
  isScraped(pod: LiveObject): boolean {
    const readers = this.labelled('app.kubernetes.io/name', 'prometheus');
    const counting = isAmbient(this.state, pod.metadata.namespace) ? this.waypoints(pod) : [pod];
    if (readers.length === 0 || counting.length === 0) return true;
    return readers.some((reader) => counting.some((proxy) => !this.drops(this.end(reader), this.end(proxy), COUNTERS)));
  }

  /** By the pod's own proxy, which sees requests; without one, only the network refuses. */
  private atSidecar({ stream, from, to, port }: Attempt): Refusal | undefined {
    const number = targetPort(port, to);
    const drop = this.drops(this.source(stream, from), this.end(to), number);
    if (drop || !isInjected(this.state, to)) return dropped(drop);
    const isHttp = portProtocol(port) !== 'tcp';
    const by = deniedBy(
      this.state.authorizationPolicies,
      { at: 'pod', ...podOf(to) },
      { ...this.principal(from), port: number, ...(isHttp && { request: requestOf(stream, port) }) },
    );
    return by === undefined ? undefined : { how: isHttp ? 'denied' : 'dropped', by };
  }

  /** Straight into the pod by ztunnel, which sees connections; or past it, where the caller is not in the mesh. */
  private atTunnel({ stream, to, port }: Attempt, from: LiveObject | undefined): Refusal | undefined {
    const number = targetPort(port, to);
    const principal = this.principal(from);
    const drop = this.drops(this.source(stream, from), this.end(to), principal.principal ? TUNNEL : number);
    return dropped(
      drop ?? deniedBy(this.state.authorizationPolicies, { at: 'pod', ...podOf(to) }, { ...principal, port: number }),
    );
  }

  /** The waypoint knows the Service and the request; the pod then knows the waypoint. */
  private throughWaypoint(attempt: Attempt): Refusal | undefined {
    const { stream, from, to, service, port } = attempt;
    const [waypoint] = this.waypoints(to);
    // Where the imitation has no pod for it, nothing stands between.
    if (!waypoint) return this.atTunnel(attempt, from);
    const drop = this.drops(this.source(stream, from), this.end(waypoint), TUNNEL);
    if (drop) return dropped(drop);
    const { namespace = '', name } = service.metadata;
    const by = deniedBy(
      this.state.authorizationPolicies,
      { at: 'service', namespace, service: name },
      { ...this.principal(from), port: port.port, request: requestOf(stream, port) },
    );
    return by === undefined ? this.atTunnel(attempt, waypoint) : { how: 'denied', by };
  }

  /** A proxy without istiod has neither configuration nor certificate; a pod that no probe reaches is not ready. */
  private unstarted(pod: LiveObject): string | undefined {
    const { uid } = pod.metadata;
    if (!this.startup.has(uid)) this.startup.set(uid, this.notStarted(pod));
    return this.startup.get(uid);
  }

  private notStarted(pod: LiveObject): string | undefined {
    if (isInjected(this.state, pod)) return this.unreached(pod, this.labelled('app', 'istiod'), CONFIGURATION);
    if (!isAmbient(this.state, pod.metadata.namespace)) return undefined;
    const probed = probePort(pod);
    return probed === undefined ? undefined : this.drops(PROBES, this.end(pod), probed);
  }

  /** Who gets no name resolved calls nobody. */
  private unnamed(pod: LiveObject): string | undefined {
    return this.unreached(pod, this.labelled('k8s-app', 'kube-dns'), 53, 'UDP');
  }

  private unreached(
    from: LiveObject,
    servers: readonly LiveObject[],
    port: number,
    transport?: 'UDP',
  ): string | undefined {
    const found = servers.map((server) => this.drops(this.end(from), this.end(server), port, transport));
    return found.every((drop) => drop !== undefined) ? found[0] : undefined;
  }

  private drops(from: End, to: End, port: number, transport?: 'UDP'): string | undefined {
    return droppedBy(this.state.networkPolicies, from, to, { port, ...(transport && { transport }) });
  }

  private labelled(key: string, value: string): LiveObject[] {
    return runningPods(this.state).filter(({ metadata }) => metadata.labels?.[key] === value);
  }

  private waypoints({ metadata }: LiveObject): LiveObject[] {
    return runningPods(this.state, metadata.namespace).filter(
      (pod) => pod.metadata.labels?.[GATEWAY_NAME] === 'waypoint',
    );
  }

  private source({ from }: Stream, pod: LiveObject | undefined): End {
    return pod ? this.end(pod) : { who: `${from.namespace}/${from.workload}, of which no pod runs` };
  }

  private end(pod: LiveObject): End {
    const { namespace, name, labels = {} } = pod.metadata;
    const space = this.state.namespaces.find(({ metadata }) => metadata.name === namespace);
    return {
      who: `${namespace}/${name}`,
      namespace,
      labels,
      namespaceLabels: space?.metadata.labels ?? {},
      ports: namedPorts(pod),
    };
  }

  /** Who a pod is in the mesh. */
  private principal(pod: LiveObject | undefined): { readonly principal?: string } {
    if (!pod) return {};
    const { namespace, labels = {} } = pod.metadata;
    const isInMesh = isInjected(this.state, pod) || isAmbient(this.state, namespace) || labels[GATEWAY_NAME];
    return isInMesh
      ? { principal: `cluster.local/ns/${namespace}/sa/${pod.spec.serviceAccountName ?? 'default'}` }
      : {};
  }
}

const podOf = ({ metadata }: LiveObject) => ({
  namespace: metadata.namespace ?? '',
  labels: metadata.labels ?? {},
});

const requestOf = ({ path = '/', method }: Stream, port: ServicePort) => ({
  method: method ?? (portProtocol(port) === 'grpc' ? 'POST' : 'GET'),
  path,
});

interface Container {
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly readinessProbe?: Readonly<Record<string, { readonly port?: number | string } | undefined>>;
}
const containersOf = ({ spec }: LiveObject): Container[] => (spec.containers ?? []) as Container[];

const namedPorts = (pod: LiveObject): Record<string, number> =>
  Object.fromEntries(
    containersOf(pod).flatMap(({ ports = [] }) =>
      ports.flatMap(({ name, containerPort }) => (name === undefined ? [] : [[name, containerPort] as const])),
    ),
  );

function targetPort({ port, targetPort: target = port }: ServicePort, pod: LiveObject): number {
  const number = typeof target === 'number' ? target : namedPorts(pod)[target];
  if (number === undefined) throw new Error(`pod ${pod.metadata.name} has no port ${target}`);
  return number;
}

/** The port of the first probe that goes over the network. */
function probePort(pod: LiveObject): number | undefined {
  for (const { readinessProbe = {} } of containersOf(pod))
    for (const kind of ['httpGet', 'grpc', 'tcpSocket']) {
      const port = readinessProbe[kind]?.port;
      if (port !== undefined) return typeof port === 'number' ? port : namedPorts(pod)[port];
    }
  return undefined;
}
