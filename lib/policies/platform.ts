import { parseServiceHost, urlHost } from '../kube';
import { MESH_FACTS, type MeshMode, type ProxyTraffic } from '../mesh';
import type { Peer, PodSet } from './types';

/** What policies have to know of the platform around the services. */
export interface PolicyPlatform {
  readonly mesh: MeshMode;
  readonly gateway: { readonly name: string; readonly namespace: string };
  /** Address that Flagger asks. */
  readonly prometheus: { readonly address: string };
  /** Where Flagger and its load tester are. */
  readonly flagger: { readonly namespace: string; readonly loadTester: string };
  /** Where the proxies send spans. @default nowhere */
  readonly tracing?: { readonly host: string; readonly port: number };
}

/** Pods of the platform, as the policies of services name them. */
export interface PlatformPeers {
  readonly gateway: Peer;
  readonly flagger: Peer;
  readonly loadTester: Peer;
  /** Absent where it is outside the cluster. */
  readonly prometheus?: Peer;
  /** Where spans go. */
  readonly tracing?: { readonly peer: Peer; readonly port: number };
  readonly dns: readonly Peer[];
  readonly proxies?: ProxyTraffic;
  /** In ambient mode the proxy that sees the requests of a namespace's services. */
  waypoint(namespace: string): Peer | undefined;
}

const pods = (who: string, set: PodSet, account?: string): Peer => ({
  kind: 'pods',
  who,
  pods: set,
  ...(account === undefined ? {} : { account: `${set.namespace}/${account}` }),
});

/** The label that istiod puts on the pods of a Gateway of the Gateway API. @see istio/istio 1.31 pkg/config/constants */
const GATEWAY_NAME = 'gateway.networking.k8s.io/gateway-name';
/** The waypoint's name and account. */
const WAYPOINT = 'waypoint';

/** @see istio/istio 1.31 manifests/charts/gateway (labels, account); pilot/pkg/config/kube/gateway (account `<name>-istio`) */
function gatewayPeer({ mesh, gateway: { name, namespace } }: PolicyPlatform): Peer {
  const { exposesBy, installs } = MESH_FACTS[mesh];
  const who = `the gateway ${namespace}/${name}`;
  if (exposesBy === 'HTTPRoute') return pods(who, { namespace, labels: { [GATEWAY_NAME]: name } }, `${name}-istio`);
  // Of somebody else's gateway only the namespace is known.
  return installs === 'istio'
    ? pods(who, { namespace, labels: { istio: 'gateway' } }, 'istio-gateway')
    : pods(who, { namespace }, '*');
}

/** The peers of a platform. */
export function platformPeers(platform: PolicyPlatform): PlatformPeers {
  const { mesh, prometheus, flagger, tracing } = platform;
  const { proxies, isAmbient, authorizes } = MESH_FACTS[mesh];
  const host = urlHost(prometheus.address);
  const service = host === undefined ? undefined : parseServiceHost(host, flagger.namespace);
  // The proxies of Istio are told where: nobody else's.
  const collector = tracing && authorizes === 'istio' && parseServiceHost(tracing.host, 'istio-system');
  return {
    gateway: gatewayPeer(platform),
    // @see fluxcd/flagger v1.44 charts/flagger/templates/deployment.yaml
    flagger: pods(
      'Flagger',
      { namespace: flagger.namespace, labels: { 'app.kubernetes.io/name': 'flagger' } },
      'flagger',
    ),
    loadTester: pods(
      'the load tester',
      { namespace: flagger.namespace, labels: { 'app.kubernetes.io/name': flagger.loadTester } },
      flagger.loadTester,
    ),
    // The Prometheus Operator and the chart prometheus both label its pods so.
    ...(service && {
      prometheus: pods('Prometheus', {
        namespace: service.namespace,
        labels: { 'app.kubernetes.io/name': 'prometheus' },
      }),
    }),
    ...(tracing &&
      collector && {
        tracing: { peer: pods('the tracing collector', { namespace: collector.namespace }), port: tracing.port },
      }),
    // kube-dns and CoreDNS have the same label; NodeLocal DNSCache answers at an address of the node.
    // @see kubernetes/kubernetes v1.36 cluster/addons/dns
    dns: [
      pods('DNS', { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } }),
      { kind: 'addresses', who: 'DNS of the node', cidrs: ['169.254.20.10/32'] },
    ],
    ...(proxies && { proxies }),
    waypoint: (namespace) =>
      isAmbient
        ? pods(`the waypoint of ${namespace}`, { namespace, labels: { [GATEWAY_NAME]: WAYPOINT } }, WAYPOINT)
        : undefined,
  };
}
