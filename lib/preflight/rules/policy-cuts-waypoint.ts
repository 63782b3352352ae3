import { canary, deployment, namespace } from '../case-manifests';
import { cutBetween, dnsCut, letThrough, scrapeCut } from '../network-policy';
import { istiodPods, readerOf } from '../pods';
import { rule } from '../rule';
import { tracingCollectors } from '../tracing-collectors';
import { isWaypoint, waypointPods } from '../waypoint';

const waypoint = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: { name: 'waypoint', namespace: 'shop' },
  spec: { gatewayClassName: 'istio-waypoint', listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE' }] },
};
const policy = (spec: object) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'all', namespace: 'shop' },
  spec: { podSelector: {}, ...spec },
});
const space = (name: string) => ({
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
});
const shop = [
  namespace('shop', { 'istio.io/dataplane-mode': 'ambient', 'istio.io/use-waypoint': 'waypoint' }),
  waypoint,
  deployment('cart'),
  canary('cart'),
];

export default rule({
  id: 'policy-cuts-waypoint',
  severity: 'error',
  effect: 'outage',
  since: '0.2.0',
  why: 'In ambient mode the requests to the services of a namespace pass its waypoint, which is a pod of that namespace: a policy about all of its pods is about the waypoint, too. Without istiod it has neither routes nor certificates and answers nobody; without a scrape nobody reads what it counts, and no rollout has values.',
  cause: 'the pods of a waypoint have only the connections that some policy lets through',
  source: ['istio.io 1.31 ambient/usage/waypoint', 'istio.io 1.31 ops/deployment/application-requirements (ports)'],
  codes: [],
  each: 'world',
  check(world, report) {
    if (world.ofKind('NetworkPolicy').length === 0) return;
    const prometheus = readerOf(world);
    const istiod = istiodPods(world);
    const collectors = tracingCollectors(world);
    for (const gateway of world.ofKind('Gateway', 'gateway.networking.k8s.io').filter(isWaypoint)) {
      const pods = waypointPods(gateway);
      const nameless = dnsCut(world, pods);
      if (nameless)
        report(nameless, {
          pointer: '/spec/egress',
          message: `NetworkPolicy "${nameless.name}" of namespace "${nameless.namespace}" cuts ${pods.what} off from DNS: it does not find istiod, and answers nobody`,
          fix: `add to its egress: {to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}, podSelector: {matchLabels: {k8s-app: kube-dns}}}], ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]}`,
        });
      const cut = cutBetween(world, pods, istiod, 15012);
      if (cut)
        report(cut.policy, {
          pointer: '/spec/egress',
          message: `NetworkPolicy "${cut.policy.name}" of namespace "${cut.policy.namespace}" cuts ${pods.what} off from istiod, port 15012: it gets neither routes nor certificates, and answers nobody`,
          fix: letThrough(cut, pods, istiod, [15012]),
        });
      for (const { to, port } of collectors) {
        const lost = cutBetween(world, pods, to, port);
        if (lost)
          report(lost.policy, {
            pointer: '/spec/egress',
            severity: 'info',
            message: `NetworkPolicy "${lost.policy.name}" of namespace "${lost.policy.namespace}" cuts ${pods.what} off from ${to.what}, port ${port}: its spans are lost`,
            fix: letThrough(lost, pods, to, [port]),
          });
      }
      const unread = prometheus && scrapeCut(world, prometheus, pods, [15020]);
      if (prometheus && unread)
        report(unread.policy, {
          pointer: unread.direction === 'Ingress' ? '/spec/ingress' : '/spec/egress',
          message: `NetworkPolicy "${unread.policy.name}" of namespace "${unread.policy.namespace}" cuts ${prometheus.pods.what} off from ${pods.what}, port 15020: the requests that it counts are not read, and rollouts have no values`,
          fix: letThrough(unread, prometheus.pods, pods, [15020]),
        });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a policy of all pods names the callers only',
        manifests: [
          ...shop,
          policy({ policyTypes: ['Egress'], egress: [{ to: [{ podSelector: {} }], ports: [{ port: 15008 }] }] }),
        ],
        expect: [
          {
            object: 'NetworkPolicy shop/all',
            message:
              'NetworkPolicy "all" of namespace "shop" cuts the waypoint shop/waypoint off from DNS: it does not find istiod, and answers nobody',
          },
          {
            object: 'NetworkPolicy shop/all',
            message:
              'NetworkPolicy "all" of namespace "shop" cuts the waypoint shop/waypoint off from istiod, port 15012: it gets neither routes nor certificates, and answers nobody',
          },
        ],
      },
    ],
    good: [
      {
        name: 'all of it is named',
        manifests: [
          ...shop,
          policy({
            policyTypes: ['Egress'],
            egress: [
              { to: [space('istio-system')], ports: [{ port: 15012 }] },
              { ports: [{ port: 53, protocol: 'UDP' }] },
            ],
          }),
        ],
      },
    ],
  }),
});
