import { textAt } from '../kube';
import type { Edge, Entry, Workload, World } from '../world';
import { principalOf, type Refusal, refusalAtService, refusalOf } from './authorization';
import { type Cut, cutBetween } from './network-policy';
import { type Pods, podsOf } from './pods';

const USE_WAYPOINT = 'istio.io/use-waypoint';

/**
 * The waypoint that requests of the mesh to a Service pass in ambient mode; undefined where none stands there, or nobody knows.
 * @see istio.io 1.31 ambient/usage/waypoint; istio/istio 1.31 pilot/pkg/config/kube/gateway (labels and account of its pods)
 */
export function waypointOf(world: World, namespace: string, service: string): Pods | undefined {
  const labels = world.find('Service', namespace, service)?.labels ?? {};
  const name = labels[USE_WAYPOINT] ?? world.given('Namespace', '', namespace)?.labels[USE_WAYPOINT];
  const gateway = name === undefined ? undefined : world.find('Gateway', namespace, name, 'gateway.networking.k8s.io');
  return gateway && isWaypoint(gateway) ? waypointPods(gateway) : undefined;
}

const INGRESS_USE_WAYPOINT = 'istio.io/ingress-use-waypoint';

/** Whether what a gateway sends to a Service passes its waypoint, too: a label of the Service, or of its namespace, says so. */
export function isIngressThroughWaypoint(world: World, namespace: string, service: string): boolean {
  const labels = world.find('Service', namespace, service)?.labels ?? {};
  const said = labels[INGRESS_USE_WAYPOINT] ?? world.given('Namespace', '', namespace)?.labels[INGRESS_USE_WAYPOINT];
  return said?.toLowerCase() === 'true';
}

/** Whether a Gateway of the Gateway API is a waypoint. */
export const isWaypoint = ({ object }: Entry): boolean =>
  textAt(object, 'spec', 'gatewayClassName') === 'istio-waypoint';

/** The pods that istiod makes of a waypoint. */
export function waypointPods({ namespace, name }: Entry): Pods {
  return {
    what: `the waypoint ${namespace}/${name}`,
    namespace,
    labels: { 'gateway.networking.k8s.io/gateway-name': name },
    serviceAccountName: name,
    injection: { sidecar: 'no', reason: 'a waypoint is a proxy itself', ambient: true },
    isKnown: true,
  };
}

/** A part of the way of a request in ambient mode. */
export interface Hop {
  readonly from: Pods;
  readonly to: Pods;
  readonly cut?: Cut;
  readonly refusal?: Refusal;
  /** The caller's name, where it was refused. */
  readonly who: string;
}

/** What refuses a request of the mesh at or around the waypoint of a Service: the way to it, the waypoint itself, the way from it. */
export function hopsThroughWaypoint(
  world: World,
  { namespace, name }: Edge['to'],
  sender: Pods,
  receiver: Workload,
  servicePorts: readonly (number | undefined)[],
): Hop[] {
  if (!sender.injection.ambient || !receiver.injection.ambient) return [];
  const waypoint = waypointOf(world, namespace, name);
  if (!waypoint) return [];
  const ends = podsOf(receiver);
  const whoOf = (pods: Pods) => principalOf(world, pods) ?? pods.what;
  const atService = servicePorts.map((port) =>
    refusalAtService(world, { namespace, name }, sender, port === undefined ? {} : { port }),
  );
  const hops: Hop[] = [
    { from: sender, to: waypoint, cut: cutBetween(world, sender, waypoint, undefined), who: whoOf(sender) },
    { from: sender, to: ends, refusal: atService.includes(undefined) ? undefined : atService[0], who: whoOf(sender) },
    {
      from: waypoint,
      to: ends,
      cut: cutBetween(world, waypoint, ends, undefined),
      refusal: refusalOf(world, receiver, waypoint, {}),
      who: whoOf(waypoint),
    },
  ];
  return hops.filter(({ cut, refusal }) => cut ?? refusal);
}
