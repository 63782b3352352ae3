import { at, fieldsAt, isFields, labelSelectorOf, matchesLabels, rememberedFor } from '../../kube';
import type { CanaryView, Entry, World } from '../../world';
import { canary, deployment, metricTemplate } from '../case-manifests';
import { rule } from '../rule';
import { serviceMonitorsOf } from '../service-monitors';

const stack = (values: object = {}) => ({
  apiVersion: 'helm.toolkit.fluxcd.io/v2',
  kind: 'HelmRelease',
  metadata: { name: 'stack', namespace: 'monitoring' },
  spec: { chart: { spec: { chart: 'kube-prometheus-stack' } }, values },
});
const monitor = (labels: object) => ({
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'ServiceMonitor',
  metadata: { name: 'cart', namespace: 'shop', labels: labels as Readonly<Record<string, string>> },
  spec: { selector: { matchLabels: { app: 'cart-canary' } }, endpoints: [{ port: 'http' }] },
});
const asked = [
  deployment('cart'),
  metricTemplate('errors', 'sum(rate(errors_total{job="cart-canary"}[1m]))'),
  canary('cart', {
    analysis: {
      metrics: [{ name: 'errors', interval: '1m', templateRef: { name: 'errors' }, thresholdRange: { max: 1 } }],
    },
  }),
];

export default rule({
  id: 'servicemonitor-unselected',
  severity: 'error',
  effect: 'fails',
  since: '0.2.0',
  why: 'A Prometheus of the operator reads only the monitors that its selector selects. The chart kube-prometheus-stack sets that selector to its own release label unless serviceMonitorSelectorNilUsesHelmValues is false: a ServiceMonitor without the label release is there, and nobody scrapes by it. The metric of the analysis has no values.',
  cause: 'Prometheus reads only the monitors that its selector selects',
  source: [
    'prometheus-community/helm-charts kube-prometheus-stack values.yaml (serviceMonitorSelectorNilUsesHelmValues)',
    'prometheus-operator/prometheus-operator 0.86 Documentation/api-reference (PrometheusSpec.serviceMonitorSelector)',
  ],
  codes: [],
  each: 'canary',
  shared(world) {
    const servers = serversOf(world);
    return servers.length === 0 ? undefined : servers;
  },
  check(one, report, world, servers) {
    if (!one.metrics.some(({ providerType, query }) => providerType === 'prometheus' && query !== undefined)) return;
    const monitors = monitorsOf(world, one);
    // Any monitor that somebody reads may have the series.
    if (monitors.length === 0 || monitors.some((entry) => servers.some(({ selects }) => selects(entry)))) return;
    const [first] = monitors;
    const [server] = servers;
    if (!first || !server) return;
    report(first, {
      about: one,
      pointer: '/metadata/labels',
      ...(server.isCertain ? {} : { severity: 'warning' as const }),
      message: `ServiceMonitor "${first.name}" has not the ${server.wanted} by which ${server.entry.kind} "${server.entry.name}" selects monitors: nobody scrapes Canary "${one.name}" by it`,
      fix: server.fix,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'without the label of the chart',
        manifests: [...asked, stack(), monitor({})],
        expect: [
          {
            object: 'ServiceMonitor shop/cart',
            pointer: '/metadata/labels',
            message:
              'ServiceMonitor "cart" has not the label release: stack by which HelmRelease "stack" selects monitors: nobody scrapes Canary "cart" by it',
          },
        ],
      },
      {
        name: 'a Prometheus with a selector',
        manifests: [
          ...asked,
          monitor({ team: 'b' }),
          {
            apiVersion: 'monitoring.coreos.com/v1',
            kind: 'Prometheus',
            metadata: { name: 'k8s', namespace: 'monitoring' },
            spec: { serviceMonitorSelector: { matchLabels: { team: 'a' } } },
          },
        ],
        expect: [{ object: 'ServiceMonitor shop/cart' }],
      },
    ],
    good: [
      { name: 'with the label', manifests: [...asked, stack(), monitor({ release: 'stack' })] },
      {
        name: 'the chart takes all',
        manifests: [
          ...asked,
          stack({ prometheus: { prometheusSpec: { serviceMonitorSelectorNilUsesHelmValues: false } } }),
          monitor({}),
        ],
      },
    ],
  }),
});

interface Server {
  readonly entry: Entry;
  readonly isCertain: boolean;
  /** `label release: stack` */
  readonly wanted: string;
  readonly fix: string;
  selects(monitor: Entry): boolean;
}

/** Those whose selector is known; one that takes all makes every monitor read. */
const serversOf = rememberedFor((world: World): readonly Server[] => {
  const found: Server[] = [];
  for (const release of world.helmReleases()) {
    if (release.chart !== 'kube-prometheus-stack') continue;
    const spec = fieldsAt(release.values, 'prometheus', 'prometheusSpec');
    const own = at(spec, 'serviceMonitorSelector');
    const isOpen = spec.serviceMonitorSelectorNilUsesHelmValues === false;
    const selector = isFields(own) && Object.keys(own).length > 0 ? labelSelectorOf(own) : undefined;
    const helm = { matchLabels: { release: release.releaseName } };
    found.push({
      entry: release.entry,
      isCertain: !release.hasUnknownValues,
      wanted: selector ? 'labels' : `label release: ${release.releaseName}`,
      fix: selector
        ? 'write the labels that it selects into the metadata of the monitor'
        : `write the label release: ${release.releaseName} into the metadata of the monitor, or prometheus.prometheusSpec.serviceMonitorSelectorNilUsesHelmValues: false into the values of ${release.entry.kind} "${release.name}"`,
      selects: ({ labels }) => (selector ? matchesLabels(selector, labels) : isOpen || matchesLabels(helm, labels)),
    });
  }
  for (const entry of world.ofKind('Prometheus', 'monitoring.coreos.com')) {
    const own = at(entry.object, 'spec', 'serviceMonitorSelector');
    if (!isFields(own)) continue;
    const selector = labelSelectorOf(own);
    found.push({
      entry,
      isCertain: true,
      wanted: 'labels',
      fix: 'write the labels that it selects into the metadata of the monitor',
      selects: ({ labels }) => matchesLabels(selector, labels),
    });
  }
  return found;
});

/** The ServiceMonitors of the Services of a Canary. */
function monitorsOf(world: World, { namespace, canaryName, apexName, primaryName }: CanaryView): readonly Entry[] {
  const found = [canaryName, apexName, primaryName].flatMap((name) => {
    const service = world.service(namespace, name);
    return service ? serviceMonitorsOf(world, namespace, service.entry.labels) : [];
  });
  return [...new Set(found)];
}
