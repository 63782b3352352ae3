import { at, booleanAt, listAt, textAt } from '../../kube';
import type { Entry, MetricView, Workload, World } from '../../world';
import { canary, deployment, metricTemplate, namespace } from '../case-manifests';
import { podPort, strictPolicy } from '../mutual-tls';
import { rule } from '../rule';
import { serviceMonitorsOf } from '../service-monitors';

const strict = {
  apiVersion: 'security.istio.io/v1',
  kind: 'PeerAuthentication',
  metadata: { name: 'default', namespace: 'shop' },
  spec: { mtls: { mode: 'STRICT' } },
};
const monitor = (endpoint: object) => ({
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'PodMonitor',
  metadata: { name: 'frontend', namespace: 'shop' },
  spec: { selector: { matchLabels: { app: 'frontend' } }, podMetricsEndpoints: [endpoint] },
});
const withMetrics = deployment('frontend', {
  container: { ports: [{ containerPort: 8080 }, { name: 'metrics', containerPort: 9102 }] },
});
const judged = [
  metricTemplate('errors', 'sum(rate(shop_errors_total{app="{{ target }}"}[{{ interval }}]))'),
  canary('frontend', {
    analysis: {
      metrics: [{ name: 'errors', interval: '1m', templateRef: { name: 'errors' }, thresholdRange: { max: 1 } }],
    },
  }),
];

export default rule({
  id: 'mtls-prom-scrape',
  severity: 'warning',
  effect: 'fails',
  since: '0.1.0',
  why: "Prometheus scrapes pods by their address and in plain text. At a port of the application the sidecar with STRICT mutual TLS closes that, so the application's own metrics are missing, and a Canary that is judged by them has no values. Istio serves them beside its own, in plain text on port 15020, when the pods have the annotations prometheus.io/scrape and prometheus.io/port.",
  cause: 'Prometheus scrapes in plain text, and the sidecar takes mutual TLS only',
  source: [
    'istio/istio 1.31 pkg/kube/inject/webhook.go (applyPrometheusMerge)',
    'istio/istio 1.31 pilot/pkg/security/authn/policy_applier.go (ComposePeerAuthentication)',
    'fluxcd/flagger v1.44 docs/gitbook/faq.md (Multiple ports)',
  ],
  codes: ['MTLS_PROM_SCRAPE'],
  each: 'canary',
  check(canary, report, world) {
    const metric = canary.metrics.find(isOfApplication);
    const { target } = canary;
    if (!metric || !target || canary.skipAnalysis || isMerged(world, target)) return;
    for (const { entry, port } of [...podScrapes(world, target), ...serviceScrapes(world, target)]) {
      const policy = strictPolicy(world, target, port);
      if (!policy) continue;
      report(entry, {
        about: canary,
        message: `${entry.kind} "${entry.name}" scrapes port ${port} of ${target.kind} "${target.name}" in plain text, where only mutual TLS is taken (PeerAuthentication ${policy.namespace}/${policy.name}): the metric "${metric.name}" of Canary "${canary.name}" has no values from there`,
        fix: `annotate the pods of ${target.kind} "${target.name}" with prometheus.io/scrape: "true" and prometheus.io/port: "${port}" and scrape their port 15020 at /stats/prometheus, or add a PeerAuthentication that selects them with portLevelMtls: {${port}: {mode: PERMISSIVE}}`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a PodMonitor reads a port of the application',
        manifests: [namespace(), withMetrics, strict, monitor({ port: 'metrics' }), ...judged],
        expect: [
          {
            object: 'PodMonitor shop/frontend',
            message:
              'PodMonitor "frontend" scrapes port 9102 of Deployment "frontend" in plain text, where only mutual TLS is taken (PeerAuthentication shop/default): the metric "errors" of Canary "frontend" has no values from there',
          },
        ],
      },
      {
        name: 'a ServiceMonitor does',
        manifests: [
          namespace(),
          withMetrics,
          strict,
          {
            apiVersion: 'monitoring.coreos.com/v1',
            kind: 'ServiceMonitor',
            metadata: { name: 'shop', namespace: 'monitoring' },
            spec: {
              namespaceSelector: { any: true },
              selector: { matchLabels: { app: 'frontend-metrics' } },
              endpoints: [{ port: 'metrics' }],
            },
          },
          {
            apiVersion: 'v1',
            kind: 'Service',
            metadata: { name: 'frontend-metrics', namespace: 'shop', labels: { app: 'frontend-metrics' } },
            spec: { selector: { app: 'frontend' }, ports: [{ name: 'metrics', port: 80, targetPort: 'metrics' }] },
          },
          ...judged,
        ],
        expect: [{ object: 'ServiceMonitor monitoring/shop', severity: 'warning' }],
      },
    ],
    good: [
      {
        name: "Istio serves the application's metrics",
        manifests: [
          namespace(),
          deployment('frontend', {
            podAnnotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '9102' },
            container: { ports: [{ name: 'metrics', containerPort: 9102 }] },
          }),
          strict,
          monitor({ port: 'metrics' }),
          ...judged,
        ],
      },
      {
        name: 'the port of the sidecar is read',
        manifests: [namespace(), withMetrics, strict, monitor({ portNumber: 15020 }), ...judged],
      },
      {
        name: 'the rollout is judged by the requests that sidecars count',
        manifests: [namespace(), withMetrics, strict, monitor({ port: 'metrics' }), canary('frontend')],
      },
    ],
  }),
});

interface Scrape {
  readonly entry: Entry;
  readonly port: number;
}

/** Whether the query asks for series that do not come from proxies or from Kubernetes. */
function isOfApplication({ query, providerType, builtin }: MetricView): boolean {
  return (
    query !== undefined &&
    builtin === undefined &&
    providerType === 'prometheus' &&
    !/\b(istio_|envoy_|kube_|container_)/.test(query)
  );
}

/** Whether the sidecar serves the application's metrics beside its own. */
function isMerged(world: World, { podAnnotations }: Workload): boolean {
  const own = podAnnotations['prometheus.istio.io/merge-metrics'];
  const isOn =
    own === undefined ? booleanAt(world.istio.meshConfig, 'enablePrometheusMerge') !== false : own === 'true';
  return isOn && podAnnotations['prometheus.io/scrape'] === 'true';
}

function podScrapes(world: World, target: Workload): Scrape[] {
  return world.selecting('PodMonitor', target).flatMap((entry) =>
    listAt(entry.object, 'spec', 'podMetricsEndpoints').flatMap((endpoint) => {
      const port = textAt(endpoint, 'port') ?? at(endpoint, 'portNumber') ?? at(endpoint, 'targetPort');
      return isPlain(endpoint) ? scrape(entry, target, port) : [];
    }),
  );
}

function serviceScrapes(world: World, target: Workload): Scrape[] {
  if (world.ofKind('ServiceMonitor').length === 0) return [];
  return world.servicesOf(target).flatMap((service) =>
    serviceMonitorsOf(world, service.namespace, service.entry.labels).flatMap((entry) =>
      listAt(entry.object, 'spec', 'endpoints').flatMap((endpoint) => {
        const name = textAt(endpoint, 'port');
        const port = service.ports.find((one) => one.name === name)?.targetPort;
        return isPlain(endpoint) ? scrape(entry, target, name === undefined ? at(endpoint, 'targetPort') : port) : [];
      }),
    ),
  );
}

function scrape(entry: Entry, target: Workload, written: unknown): Scrape[] {
  const port = typeof written === 'number' || typeof written === 'string' ? podPort(target, written) : undefined;
  return port === undefined ? [] : [{ entry, port }];
}

function isPlain(endpoint: unknown): boolean {
  return textAt(endpoint, 'scheme') !== 'https';
}
