import { at, booleanAt, fieldsAt, listAt, parseServiceHost, textAt, urlHost } from '../../kube';
import type { CanaryView, Entry, World } from '../../world';
import { canary, deployment, flaggerRelease } from '../case-manifests';
import { requestMetric } from '../istio-metrics';
import { type ReportFinding, rule } from '../rule';

const stack = (values: object = {}) => ({
  apiVersion: 'helm.toolkit.fluxcd.io/v2',
  kind: 'HelmRelease',
  metadata: { name: 'stack', namespace: 'monitoring' },
  spec: { chart: { spec: { chart: 'kube-prometheus-stack' } }, values },
});
const asked = [flaggerRelease({ metricsServer: 'http://prometheus-operated.monitoring:9090' }), deployment('cart')];
const envoy = {
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'PodMonitor',
  metadata: { name: 'sidecars', namespace: 'monitoring' },
  spec: {
    namespaceSelector: { any: true },
    selector: {},
    podMetricsEndpoints: [{ path: '/stats/prometheus', port: 'http-envoy-prom' }],
  },
};

export default rule({
  id: 'prom-missing-envoy-job',
  severity: 'warning',
  effect: 'fails',
  since: '0.1.0',
  why: 'The sidecar counts the requests, and Prometheus must scrape it. The Prometheus of the operator reads monitors only and takes no notice of the annotations prometheus.io/scrape that Istio writes; without a monitor for Envoy there are no istio_requests_total at all. A Prometheus that goes by the annotations misses pods that say no, and all of them where enablePrometheusMerge is false.',
  cause: 'the counters of the sidecar are not scraped',
  source: [
    'istio.io/latest/docs/ops/integrations/prometheus',
    'istio/istio 1.31 samples/addons/extras/prometheus-operator.yaml, pkg/kube/inject/webhook.go (applyPrometheusMerge)',
    'linkerd.io/2/tasks/external-prometheus',
    'fluxcd/flagger issues 719, 1067 and 1365',
  ],
  codes: ['PROM_MISSING_ENVOY_JOB'],
  each: 'world',
  check(world, report) {
    reportLinkerd(world, report);
    if (isEnvoyMonitored(world)) return;
    const namespaces = operatorNamespaces(world);
    const merge = booleanAt(world.istio.meshConfig, 'enablePrometheusMerge');
    const seen = new Set<Entry>();
    for (const canary of world.canaries()) {
      const metric = requestMetric(canary);
      if (!metric) continue;
      const operator = namespaces.get(serverNamespace(world, canary, metric.template) ?? '');
      if (operator && !seen.has(operator.entry)) {
        seen.add(operator.entry);
        report(operator.entry, {
          pointer: operator.pointer,
          about: canary,
          message: `the Prometheus of ${operator.entry.kind} "${operator.entry.name}" scrapes by monitors, and none is for Envoy (path /stats/prometheus): the metric "${metric.name}" of Canary "${canary.name}" has no values`,
          fix: `add a PodMonitor in namespace "${operator.entry.namespace}" with namespaceSelector.any: true and the endpoint path /stats/prometheus, as in samples/addons/extras/prometheus-operator.yaml of Istio`,
        });
      }
      if (operator) continue;
      const { target } = canary;
      if (target?.podAnnotations['prometheus.io/scrape'] === 'false')
        report(target, {
          pointer: target.templatePointer('/metadata/annotations/prometheus.io~1scrape'),
          about: canary,
          message: `the pods of ${target.kind} "${target.name}" have the annotation prometheus.io/scrape: "false", which Istio keeps: a Prometheus that goes by annotations does not scrape their sidecars, and the metric "${metric.name}" of Canary "${canary.name}" has no values`,
          fix: `remove the annotation prometheus.io/scrape from the pod template of ${target.kind} "${target.name}"`,
        });
      else if (merge === false && world.istio.entry && !seen.has(world.istio.entry)) {
        seen.add(world.istio.entry);
        report(world.istio.entry, {
          pointer: world.istio.meshConfigPointer('enablePrometheusMerge'),
          about: canary,
          message: `meshConfig.enablePrometheusMerge is false, so Istio writes no annotations for scraping, and no monitor is for Envoy: the metric "${metric.name}" of Canary "${canary.name}" has no values unless Prometheus has a job for port 15090`,
          fix: 'remove enablePrometheusMerge: false, or add a PodMonitor for port http-envoy-prom, path /stats/prometheus',
        });
      }
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'the stack of the operator without a monitor for Envoy',
        manifests: [...asked, canary('cart'), stack()],
        expect: [
          {
            object: 'HelmRelease monitoring/stack',
            pointer: '/spec/values',
            message:
              'the Prometheus of HelmRelease "stack" scrapes by monitors, and none is for Envoy (path /stats/prometheus): the metric "request-success-rate" of Canary "cart" has no values',
          },
        ],
      },
      {
        name: 'the pods say no',
        manifests: [deployment('cart', { podAnnotations: { 'prometheus.io/scrape': 'false' } }), canary('cart')],
        expect: [
          {
            object: 'Deployment shop/cart',
            pointer: '/spec/template/metadata/annotations/prometheus.io~1scrape',
            message:
              'the pods of Deployment "cart" have the annotation prometheus.io/scrape: "false", which Istio keeps: a Prometheus that goes by annotations does not scrape their sidecars, and the metric "request-success-rate" of Canary "cart" has no values',
          },
        ],
      },
      {
        name: 'Istio writes no annotations',
        manifests: [
          deployment('cart'),
          canary('cart'),
          {
            apiVersion: 'helm.toolkit.fluxcd.io/v2',
            kind: 'HelmRelease',
            metadata: { name: 'istiod', namespace: 'istio-system' },
            spec: {
              chart: { spec: { chart: 'istiod' } },
              values: { meshConfig: { enablePrometheusMerge: false } },
            },
          },
        ],
        expect: [
          {
            object: 'HelmRelease istio-system/istiod',
            pointer: '/spec/values/meshConfig/enablePrometheusMerge',
          },
        ],
      },
      {
        name: 'nor does an istiod whose chart was rendered',
        manifests: [
          deployment('cart'),
          canary('cart'),
          {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name: 'istio', namespace: 'istio-system' },
            data: { mesh: 'enablePrometheusMerge: false\nrootNamespace: istio-system\n' },
          },
        ],
        expect: [{ object: 'ConfigMap istio-system/istio', pointer: '/data/mesh' }],
      },
      {
        name: 'the stack of the operator without a job for the proxies of Linkerd',
        manifests: [
          flaggerRelease({ meshProvider: 'linkerd', metricsServer: 'http://prometheus-operated.monitoring:9090' }),
          deployment('cart'),
          canary('cart'),
          stack(),
        ],
        expect: [
          {
            object: 'HelmRelease monitoring/stack',
            message:
              'the Prometheus of HelmRelease "stack" has no job for the proxies of Linkerd (port linkerd-admin): the metric "request-success-rate" of Canary "cart" has no values',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a PodMonitor for the proxies of Linkerd',
        manifests: [
          flaggerRelease({ meshProvider: 'linkerd', metricsServer: 'http://prometheus-operated.monitoring:9090' }),
          deployment('cart'),
          canary('cart'),
          stack(),
          {
            ...envoy,
            metadata: { name: 'linkerd-proxy', namespace: 'monitoring' },
            spec: { namespaceSelector: { any: true }, selector: {}, podMetricsEndpoints: [{ port: 'linkerd-admin' }] },
          },
        ],
      },
      { name: 'a PodMonitor for the sidecars', manifests: [...asked, canary('cart'), stack(), envoy] },
      {
        name: 'a job in the values',
        manifests: [
          ...asked,
          canary('cart'),
          stack({ prometheus: { prometheusSpec: { additionalScrapeConfigs: [{ job_name: 'envoy-stats' }] } } }),
        ],
      },
      {
        name: 'Flagger asks another Prometheus',
        manifests: [flaggerRelease(), deployment('cart'), canary('cart'), stack()],
      },
      {
        name: 'nobody asks for requests',
        manifests: [...asked, canary('cart', { analysis: { metrics: [] } }), stack()],
      },
    ],
  }),
});

/** Whether a monitor or a scrape configuration can be for the sidecars. */
function isEnvoyMonitored(world: World): boolean {
  if (world.ofKind('ScrapeConfig').length > 0) return true;
  return [
    ...world.ofKind('PodMonitor').flatMap(({ object }) => listAt(object, 'spec', 'podMetricsEndpoints')),
    ...world.ofKind('ServiceMonitor').flatMap(({ object }) => listAt(object, 'spec', 'endpoints')),
  ].some(
    (endpoint) =>
      textAt(endpoint, 'path') === '/stats/prometheus' || /envoy|^15(020|090)$/.test(textAt(endpoint, 'port') ?? ''),
  );
}

interface Operated {
  readonly entry: Entry;
  readonly pointer: string;
}

/** Prometheus servers of the operator that have monitors alone, by namespace. */
function operatorNamespaces(world: World): Map<string, Operated> {
  const found = new Map<string, Operated>();
  for (const { chart, targetNamespace, values, entry, hasUnknownValues } of world.helmReleases())
    if (
      chart === 'kube-prometheus-stack' &&
      !hasUnknownValues &&
      !hasJobs(fieldsAt(values, 'prometheus', 'prometheusSpec'))
    )
      found.set(targetNamespace, { entry, pointer: '/spec/values' });
  for (const entry of world.ofKind('Prometheus', 'monitoring.coreos.com'))
    if (!hasJobs(fieldsAt(entry.object, 'spec'))) found.set(entry.namespace, { entry, pointer: '/spec' });
  return found;
}

function hasJobs(spec: unknown): boolean {
  return ['additionalScrapeConfigs', 'additionalScrapeConfigsSecret'].some((field) => at(spec, field) !== undefined);
}

/** Where the Prometheus is that the metric is asked of; undefined for one outside. */
function serverNamespace(world: World, canary: CanaryView, template: Entry | undefined): string | undefined {
  const url =
    textAt(template?.object, 'spec', 'provider', 'address') ??
    (textAt(canary.spec, 'metricsServer') || world.flagger.metricsServer.value);
  const host = urlHost(url);
  return host === undefined ? undefined : parseServiceHost(host, world.flagger.namespace.value)?.namespace;
}

/**
 * A Prometheus of one's own has the counters of Linkerd's proxies only by a job for their port; that of linkerd-viz has it.
 * @see linkerd.io/2/tasks/external-prometheus
 */
function reportLinkerd(world: World, report: ReportFinding): void {
  const canary = world
    .canaries()
    .find(
      ({ metricsProvider, builtinMetrics, skipAnalysis }) =>
        metricsProvider === 'linkerd' && builtinMetrics.length > 0 && !skipAnalysis,
    );
  if (!canary || isLinkerdMonitored(world)) return;
  const operator = operatorNamespaces(world).get(serverNamespace(world, canary, undefined) ?? '');
  if (!operator) return;
  report(operator.entry, {
    pointer: operator.pointer,
    about: canary,
    message: `the Prometheus of ${operator.entry.kind} "${operator.entry.name}" has no job for the proxies of Linkerd (port linkerd-admin): the metric "${canary.builtinMetrics[0]?.name}" of Canary "${canary.name}" has no values`,
    cause: 'the counters of the proxy are not scraped',
    fix: 'add the job linkerd-proxy of linkerd.io/2/tasks/external-prometheus to additionalScrapeConfigs (with its relabelings: Flagger asks by deployment and namespace), set podMonitor.enabled: true in the chart of Linkerd, or let Flagger ask the Prometheus of linkerd-viz',
  });
}

function isLinkerdMonitored(world: World): boolean {
  return (
    world.ofKind('ScrapeConfig').length > 0 ||
    ['PodMonitor', 'ServiceMonitor'].some((kind) =>
      world.ofKind(kind).some(({ object }) => /linkerd/.test(JSON.stringify(object))),
    ) ||
    world
      .helmReleases()
      .some(({ chart, values }) => chart.startsWith('linkerd') && booleanAt(values, 'podMonitor', 'enabled') === true)
  );
}
