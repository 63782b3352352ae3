import type { CanaryView, World } from '../../world';
import { canary, deployment, metricTemplate } from '../case-manifests';
import { rule } from '../rule';
import { serviceMonitorsOf } from '../service-monitors';

const gatewayApi = { provider: 'gatewayapi:v1' };
const service = { gatewayRefs: [{ name: 'public' }] };

export default rule({
  id: 'builtin-on-gatewayapi',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'With a provider gatewayapi the built-in metrics are not those of a mesh: Flagger asks for http_request_duration_seconds with the labels kubernetes_namespace and kubernetes_pod_name, which the application itself would have to export. Gateways and sidecars of Istio export istio_requests_total instead, so the query has no values.',
  cause: 'with gatewayapi the built-in queries ask for http_request_duration_seconds, which no gateway exports',
  source: [
    'fluxcd/flagger v1.44 pkg/metrics/observers/factory.go',
    'fluxcd/flagger v1.44 pkg/metrics/observers/http.go',
  ],
  codes: ['BUILTIN_ON_GATEWAYAPI'],
  restsOn: ['provider'],
  each: 'canary',
  check(canary, report, world) {
    if (!canary.isGatewayApi || canary.skipAnalysis || canary.isSuspended) return;
    if (canary.metricsProvider === 'linkerd') return;
    // What an application that is scraped exports is not known.
    const severity = isScraped(world, canary) ? 'warning' : 'error';
    for (const metric of canary.builtinMetrics)
      report(canary, {
        severity,
        pointer: `${metric.pointer}/name`,
        message: `the metric "${metric.name}" of Canary "${canary.name}" is built in, and with provider ${canary.provider.value} it asks for http_request_duration_seconds_count{kubernetes_namespace="${canary.namespace}", …}, which Istio and gateways do not export`,
        fix: `replace "${metric.name}" by a MetricTemplate of another name that asks for istio_requests_total{reporter="source", destination_workload=~"{{ target }}", destination_workload_namespace="{{ namespace }}"} (or for the metrics of your gateway); silence this if the application exports the metric itself`,
      });
  },
  cases: () => ({
    bad: [
      {
        name: 'the built-in success rate with the Gateway API',
        manifests: [deployment('frontend'), canary('frontend', { spec: gatewayApi, service })],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/metrics/0/name',
            message:
              'the metric "request-success-rate" of Canary "frontend" is built in, and with provider gatewayapi:v1 it asks for http_request_duration_seconds_count{kubernetes_namespace="shop", …}, which Istio and gateways do not export',
          },
        ],
      },
      {
        name: 'pods that are scraped: the application may export it',
        manifests: [
          deployment('frontend', { podAnnotations: { 'prometheus.io/scrape': 'true' } }),
          canary('frontend', { spec: gatewayApi, service }),
        ],
        expect: [{ object: 'Canary shop/frontend', severity: 'warning' }],
      },
    ],
    good: [
      {
        name: 'a template',
        manifests: [
          deployment('frontend'),
          metricTemplate('success', 'sum(rate(istio_requests_total{reporter="source"}[{{ interval }}]))'),
          canary('frontend', {
            spec: gatewayApi,
            service,
            analysis: { metrics: [{ name: 'success', templateRef: { name: 'success' }, interval: '1m' }] },
          }),
        ],
      },
      { name: 'Istio', manifests: [deployment('frontend'), canary('frontend')] },
    ],
  }),
});

/** Whether Prometheus reads a port of the target's pods. */
function isScraped(world: World, { target, namespace, apexName, canaryName }: CanaryView): boolean {
  if (!target) return false;
  return (
    target.podAnnotations['prometheus.io/scrape'] === 'true' ||
    world.selecting('PodMonitor', target).length > 0 ||
    [apexName, canaryName].some((name) => {
      const service = world.find('Service', namespace, name);
      return service !== undefined && serviceMonitorsOf(world, namespace, service.labels).length > 0;
    })
  );
}
