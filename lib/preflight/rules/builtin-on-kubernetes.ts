import { factNote } from '../../world';
import { canary, deployment, flaggerRelease } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'builtin-on-kubernetes',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'With the provider kubernetes the built-in metrics do not ask for counters of a mesh, but for the histogram http_request_duration_seconds of the application itself, with the labels kubernetes_namespace and kubernetes_pod_name. Prometheus gives these labels only where its scrape configuration adds them, as the Prometheus of Flagger\'s chart does. Elsewhere each check ends with "no values found for … metric", and the rollout is rolled back.',
  cause:
    'with this provider a built-in metric asks for http_request_duration_seconds of the application, with labels that only the Prometheus of Flagger adds',
  source: [
    'fluxcd/flagger v1.44 pkg/metrics/observers/factory.go',
    'fluxcd/flagger v1.44 pkg/metrics/observers/http.go',
  ],
  codes: ['BUILTIN_ON_KUBERNETES'],
  each: 'canary',
  check(canary, report, world) {
    const server = world.flagger.metricsServer;

    const metric = canary.builtinMetrics[0];
    if (canary.skipAnalysis || !metric || !canary.isKubernetes || canary.metricsProvider === 'linkerd') return;
    const own = canary.spec.metricsServer;
    const address = typeof own === 'string' && own !== '' ? own : server.value;
    const isForeign =
      (address === own || server.certainty !== 'assumed') && !/^https?:\/\/[^/]*flagger[^/]*prometheus/.test(address);
    report(canary, {
      pointer: `${metric.pointer}/name`,
      severity: isForeign && canary.provider.certainty !== 'assumed' ? 'error' : 'warning',
      message: `the metric "${metric.name}" of Canary "${canary.name}" asks ${address} for http_request_duration_seconds of the application itself, because the provider is ${canary.provider.value}${factNote(canary.provider)}`,
      fix: `replace "${metric.name}" by a metric of another name with a templateRef to a MetricTemplate that asks for what your application counts`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'the Prometheus of Istio',
        manifests: [flaggerRelease({ meshProvider: 'kubernetes' }), deployment('frontend'), canary('frontend')],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/metrics/0/name',
            severity: 'error',
            message:
              'the metric "request-success-rate" of Canary "frontend" asks http://prometheus.istio-system:9090 for http_request_duration_seconds of the application itself, because the provider is kubernetes',
          },
        ],
      },
      {
        name: 'without a mesh, with the Prometheus of Flagger: the application may have the histogram',
        manifests: [
          flaggerRelease({ prometheus: { install: true } }),
          deployment('frontend'),
          canary('frontend', { spec: { provider: 'kubernetes' } }),
        ],
        expect: [{ object: 'Canary shop/frontend', severity: 'warning' }],
      },
    ],
    good: [
      { name: 'Istio counts requests', manifests: [deployment('frontend'), canary('frontend')] },
      {
        name: 'a metric of its own',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            spec: { provider: 'kubernetes' },
            analysis: { metrics: [{ name: 'errors', query: 'sum(errors)', thresholdRange: { max: 1 } }] },
          }),
        ],
      },
    ],
  }),
});
