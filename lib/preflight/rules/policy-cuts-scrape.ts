import { at, labelSelectorOf, listAt, numberAt, textAt } from '../../kube';
import type { Entry, Workload, World } from '../../world';
import { deployment, namespace } from '../case-manifests';
import { podPort } from '../mutual-tls';
import { letThrough, scrapeCut } from '../network-policy';
import { podsOf, readerOf } from '../pods';
import { rule } from '../rule';
import { monitorReaches } from '../service-monitors';

const prometheus = {
  apiVersion: 'helm.toolkit.fluxcd.io/v2',
  kind: 'HelmRelease',
  metadata: { name: 'prometheus', namespace: 'monitoring' },
  spec: { chart: { spec: { chart: 'kube-prometheus-stack', sourceRef: { kind: 'HelmRepository', name: 'p' } } } },
};
const flagger = {
  apiVersion: 'helm.toolkit.fluxcd.io/v2',
  kind: 'HelmRelease',
  metadata: { name: 'flagger', namespace: 'flagger-system' },
  spec: {
    chart: { spec: { chart: 'flagger', sourceRef: { kind: 'HelmRepository', name: 'f' } } },
    values: { metricsServer: 'http://prometheus-operated.monitoring:9090' },
  },
};
const monitor = {
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'PodMonitor',
  metadata: { name: 'cart', namespace: 'shop' },
  spec: { selector: { matchLabels: { app: 'cart' } }, podMetricsEndpoints: [{ portNumber: 9100 }] },
};
const policy = (ingress: readonly unknown[]) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'cart', namespace: 'shop' },
  spec: { podSelector: { matchLabels: { app: 'cart' } }, policyTypes: ['Ingress'], ingress },
});
const shop = [namespace('shop', {}), deployment('cart'), prometheus, flagger, monitor];

export default rule({
  id: 'policy-cuts-scrape',
  severity: 'warning',
  effect: 'wrong',
  since: '0.2.0',
  why: 'A PodMonitor or ServiceMonitor tells Prometheus to read the pods of a service, and a NetworkPolicy of these pods does not name Prometheus: its series end without a word, and alerts and queries that ask for them have no values. (The counters of a mesh, by which rollouts are judged, have a rule of their own.)',
  cause: 'pods whose ingress a policy isolates are read only by whom some policy lets through',
  source: [
    'kubernetes v1.34 staging/src/k8s.io/api/networking/v1/types.go (NetworkPolicySpec)',
    'prometheus-operator v0.89 pkg/apis/monitoring/v1 (PodMetricsEndpoint, Endpoint)',
  ],
  codes: [],
  each: 'object',
  shared(world) {
    if (world.ofKind('NetworkPolicy').length === 0) return undefined;
    const reader = readerOf(world);
    return reader && { reader };
  },
  check(entry, report, world, { reader }) {
    if (entry.kind !== 'PodMonitor' && entry.kind !== 'ServiceMonitor') return;
    const found = entry.kind === 'PodMonitor' ? ofPods(world, entry) : ofServices(world, entry);
    for (const { workload, port } of found) {
      const pods = podsOf(workload);
      const cut = scrapeCut(world, reader, pods, [port]);
      if (!cut) continue;
      report(cut.policy, {
        pointer: cut.direction === 'Ingress' ? '/spec/ingress' : '/spec/egress',
        message: `NetworkPolicy "${cut.policy.name}" of namespace "${cut.policy.namespace}" cuts ${reader.pods.what} off from ${pods.what}, port ${port}: what ${entry.kind} "${entry.name}" asks for is not read`,
        fix: letThrough(cut, reader.pods, pods, [port]),
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'the callers are named, and not Prometheus',
        manifests: [...shop, policy([{ from: [{ podSelector: {} }] }])],
        expect: [
          {
            object: 'NetworkPolicy shop/cart',
            pointer: '/spec/ingress',
            message:
              'NetworkPolicy "cart" of namespace "shop" cuts Prometheus monitoring/prometheus-operated off from Deployment "cart", port 9100: what PodMonitor "cart" asks for is not read',
          },
        ],
      },
    ],
    good: [
      {
        name: 'Prometheus is named',
        manifests: [
          ...shop,
          policy([
            {
              from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
              ports: [{ port: 9100 }],
            },
          ]),
        ],
      },
      { name: 'nobody asks for more', manifests: [...shop.slice(0, 4), policy([{ from: [{ podSelector: {} }] }])] },
    ],
  }),
});

interface Scraped {
  readonly workload: Workload;
  readonly port: number;
}

const isNamed = (monitor: Entry): boolean => {
  const { matchLabels = {}, matchExpressions = [] } = labelSelectorOf(at(monitor.object, 'spec', 'selector'));
  return Object.keys(matchLabels).length + matchExpressions.length > 0;
};

function ofPods(world: World, monitor: Entry): Scraped[] {
  // One of everything in the cluster is the mesh's.
  if (!isNamed(monitor) || !monitorReaches(monitor, monitor.namespace)) return [];
  return world
    .workloadsMatching(monitor.namespace, labelSelectorOf(at(monitor.object, 'spec', 'selector')))
    .flatMap((workload) =>
      listAt(monitor.object, 'spec', 'podMetricsEndpoints').flatMap((endpoint): Scraped[] => {
        const port = numberAt(endpoint, 'portNumber') ?? podPort(workload, textAt(endpoint, 'port') ?? '');
        return port === undefined ? [] : [{ workload, port }];
      }),
    );
}

function ofServices(world: World, monitor: Entry): Scraped[] {
  if (!isNamed(monitor) || !monitorReaches(monitor, monitor.namespace)) return [];
  const { matchLabels = {} } = labelSelectorOf(at(monitor.object, 'spec', 'selector'));
  const services = world
    .inNamespace('Service', monitor.namespace)
    .filter(({ labels }) => Object.entries(matchLabels).every(([key, value]) => labels[key] === value));
  return services.flatMap(({ namespace, name }) => {
    const view = world.service(namespace, name);
    return (view?.workloads ?? []).flatMap((workload) =>
      listAt(monitor.object, 'spec', 'endpoints').flatMap((endpoint): Scraped[] => {
        const named = view?.ports.find((port) => port.name === textAt(endpoint, 'port'));
        const port = named && podPort(workload, named.targetPort);
        return port === undefined ? [] : [{ workload, port }];
      }),
    );
  });
}
