import { booleanAt, fieldsAt, listAt, textAt, textMapAt, textsAt } from '../../kube';
import type { Entry, World } from '../../world';
import { canary, deployment } from '../case-manifests';
import type { Report, Subject } from '../rule';
import { rule } from '../rule';

const behindNginx = [
  deployment('web'),
  canary('web', {
    spec: { provider: 'nginx', ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'web' } },
  }),
];
const monitor = (endpoint: object) => ({
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'ServiceMonitor',
  metadata: { name: 'controller', namespace: 'ingress-nginx' },
  spec: {
    selector: { matchLabels: { 'app.kubernetes.io/name': 'ingress-nginx' } },
    endpoints: [{ port: 'metrics', ...endpoint }],
  },
});
const release = (serviceMonitor: object) => ({
  apiVersion: 'helm.toolkit.fluxcd.io/v2',
  kind: 'HelmRelease',
  metadata: { name: 'ingress-nginx', namespace: 'ingress-nginx' },
  spec: {
    chart: { spec: { chart: 'ingress-nginx' } },
    values: { controller: { metrics: { enabled: true, serviceMonitor } } },
  },
});

export default rule({
  id: 'nginx-metrics-labels',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'The counters of ingress-nginx carry the namespace of the Ingress as label, and Flagger asks by it. Prometheus, told by a monitor of its operator, puts the namespace of the scraped pod there and renames the other exported_namespace, unless honorLabels is true. Then the query finds nothing: "no values found for nginx metric …".',
  cause: 'without honorLabels the label namespace is that of the ingress controller',
  source: [
    'fluxcd/flagger v1.44 pkg/metrics/observers/nginx.go',
    'prometheus-operator/prometheus-operator pkg/prometheus/promcfg.go (generateServiceMonitorConfig)',
    'kubernetes/ingress-nginx charts/ingress-nginx/templates/controller-servicemonitor.yaml',
  ],
  codes: ['NGINX_METRICS_LABELS'],
  each: 'world',
  check(world, report) {
    // One in the namespace of the controller is found all the same.
    const asking = world
      .canaries()
      .filter(
        ({ metricsProvider, skipAnalysis, builtinMetrics }) =>
          metricsProvider === 'nginx' && !skipAnalysis && builtinMetrics.length > 0,
      );
    if (asking.length === 0) return;
    for (const { subject, pointer, namespace, isCertain, fix } of monitors(world)) {
      const canary = asking.find((one) => one.namespace !== namespace);
      if (!canary) continue;
      report(subject, {
        pointer,
        about: canary,
        severity: isCertain ? 'error' : 'warning',
        message: `the counters of ingress-nginx are scraped without honorLabels, so their label namespace is "${namespace}", and the metric "${canary.builtinMetrics[0]?.name}" of Canary "${canary.name}" asks for namespace "${canary.namespace}"`,
        fix,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a ServiceMonitor without honorLabels',
        manifests: [...behindNginx, monitor({})],
        expect: [
          {
            object: 'ServiceMonitor ingress-nginx/controller',
            pointer: '/spec/endpoints/0',
            severity: 'error',
            message:
              'the counters of ingress-nginx are scraped without honorLabels, so their label namespace is "ingress-nginx", and the metric "request-success-rate" of Canary "web" asks for namespace "shop"',
          },
        ],
      },
      {
        name: 'a monitor of another name',
        manifests: [
          ...behindNginx,
          {
            ...monitor({}),
            spec: { selector: { matchLabels: { app: 'nginx-ingress' } }, endpoints: [{ port: 'metrics' }] },
          },
        ],
        expect: [
          { object: 'ServiceMonitor ingress-nginx/controller', pointer: '/spec/endpoints/0', severity: 'warning' },
        ],
      },
      {
        name: 'the chart of ingress-nginx without the value',
        manifests: [...behindNginx, release({ enabled: true })],
        expect: [
          {
            object: 'HelmRelease ingress-nginx/ingress-nginx',
            pointer: '/spec/values/controller/metrics/serviceMonitor',
            severity: 'error',
          },
        ],
      },
    ],
    good: [
      { name: 'honorLabels', manifests: [...behindNginx, monitor({ honorLabels: true })] },
      { name: 'the value of the chart', manifests: [...behindNginx, release({ enabled: true, honorLabels: true })] },
      {
        name: 'the label is put back',
        manifests: [
          ...behindNginx,
          monitor({ metricRelabelings: [{ sourceLabels: ['exported_namespace'], targetLabel: 'namespace' }] }),
        ],
      },
      { name: 'no Canary asks for these counters', manifests: [deployment('web'), canary('web'), monitor({})] },
    ],
  }),
});

interface Scrape {
  readonly subject: Subject;
  readonly pointer: NonNullable<Report['pointer']>;
  /** Of the controller's pods. */
  readonly namespace: string;
  readonly isCertain: boolean;
  readonly fix: string;
}

/** What scrapes ingress-nginx and overwrites the labels. */
function monitors(world: World): Scrape[] {
  const found: Scrape[] = [];
  for (const [kind, list] of [['ServiceMonitor', 'endpoints'] as const, ['PodMonitor', 'podMetricsEndpoints'] as const])
    for (const entry of world.ofKind(kind)) {
      const labels = Object.values(textMapAt(entry.object, 'spec', 'selector', 'matchLabels'));
      const namespace = scrapedNamespace(entry);
      const isOfChart = labels.includes('ingress-nginx');
      // Charts and manifests of one's own name it otherwise.
      if (!isOfChart && ![...labels, entry.name].some((name) => /ingress-nginx|nginx-ingress/.test(name))) continue;
      if (namespace === undefined) continue;
      listAt(entry.object, 'spec', list).forEach((endpoint, index) => {
        if (booleanAt(endpoint, 'honorLabels') === true || restores(endpoint)) return;
        found.push({
          subject: entry,
          pointer: `/spec/${list}/${index}`,
          namespace,
          isCertain: isOfChart,
          fix: `write honorLabels: true into the endpoint of ${kind} "${entry.name}"`,
        });
      });
    }
  for (const { chart, values, entry, targetNamespace, hasUnknownValues } of world.helmReleases()) {
    const metrics = fieldsAt(values, 'controller', 'metrics');
    const monitor = fieldsAt(metrics, 'serviceMonitor');
    if (chart !== 'ingress-nginx' || ![metrics, monitor].every((part) => booleanAt(part, 'enabled') === true)) continue;
    if (booleanAt(monitor, 'honorLabels') === true || restores(monitor)) continue;
    found.push({
      subject: entry,
      pointer: '/spec/values/controller/metrics/serviceMonitor',
      namespace: targetNamespace,
      isCertain: !hasUnknownValues,
      fix: `write controller.metrics.serviceMonitor.honorLabels: true into the values of HelmRelease "${entry.name}"`,
    });
  }
  return found;
}

/** The one namespace from which a monitor scrapes; undefined where there are several. */
function scrapedNamespace({ object, namespace }: Entry): string | undefined {
  if (booleanAt(object, 'spec', 'namespaceSelector', 'any') === true) return undefined;
  const names = textsAt(object, 'spec', 'namespaceSelector', 'matchNames');
  return names.length > 1 ? undefined : (names[0] ?? namespace);
}

function restores(endpoint: unknown): boolean {
  return listAt(endpoint, 'metricRelabelings').some(
    (relabeling) =>
      textAt(relabeling, 'targetLabel') === 'namespace' &&
      textsAt(relabeling, 'sourceLabels').includes('exported_namespace'),
  );
}
