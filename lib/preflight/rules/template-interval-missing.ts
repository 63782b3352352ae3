import { canary, deployment, metricTemplate } from '../case-manifests';
import { rule } from '../rule';

/** Providers that parse the interval themselves. @see fluxcd/flagger v1.44 pkg/metrics/providers */
const parsing = new Set(['datadog', 'newrelic', 'cloudwatch', 'dynatrace', 'splunk']);

const errors = 'sum(rate(errors_total{app="{{ target }}"}[{{ interval }}]))';

export default rule({
  id: 'template-interval-missing',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'The default interval of 1m holds for built-in metrics only. A metric with a templateRef and no interval renders {{ interval }} as nothing: Prometheus gets rate(…[]) and answers with status 400; other providers cannot parse the interval. Each check fails, and the rollout is rolled back.',
  cause: 'the default of 1m is not applied to templates: the interval is empty',
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler_metrics.go', 'fluxcd/flagger v1.44 pkg/metrics/providers'],
  codes: ['TEMPLATE_INTERVAL_MISSING'],
  each: 'canary',
  check(canary, report) {
    for (const metric of canary.metrics) {
      if (metric.kind !== 'template' || metric.interval !== '' || !metric.template) continue;
      const asks = /\{\{[^}]*\binterval\b[^}]*\}\}/.test(metric.query ?? '');
      if (!asks && !parsing.has(metric.providerType)) continue;
      report(canary, {
        pointer: metric.pointer,
        message: `the metric "${metric.name}" of Canary "${canary.name}" has no interval, and ${asks ? `MetricTemplate "${metric.templateRef?.name}" asks for {{ interval }}` : `provider ${metric.providerType} needs one`}`,
        fix: `add interval: 1m to the metric "${metric.name}"`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'the query has a window of {{ interval }}',
        manifests: [
          deployment('cart'),
          metricTemplate('errors', errors),
          canary('cart', { analysis: { metrics: [{ name: 'errors', templateRef: { name: 'errors' } }] } }),
        ],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/metrics/0',
            message:
              'the metric "errors" of Canary "cart" has no interval, and MetricTemplate "errors" asks for {{ interval }}',
          },
        ],
      },
      {
        name: 'Datadog parses it',
        manifests: [
          deployment('cart'),
          metricTemplate('errors', 'avg:errors{*}', { provider: { type: 'datadog' } }),
          canary('cart', { analysis: { metrics: [{ name: 'errors', templateRef: { name: 'errors' } }] } }),
        ],
        expect: [{ object: 'Canary shop/cart' }],
      },
    ],
    good: [
      {
        name: 'an interval',
        manifests: [
          deployment('cart'),
          metricTemplate('errors', errors),
          canary('cart', {
            analysis: { metrics: [{ name: 'errors', interval: '1m', templateRef: { name: 'errors' } }] },
          }),
        ],
      },
      {
        name: 'a window written in the query',
        manifests: [
          deployment('cart'),
          metricTemplate('errors', 'sum(rate(errors_total[1m]))'),
          canary('cart', { analysis: { metrics: [{ name: 'errors', templateRef: { name: 'errors' } }] } }),
        ],
      },
      {
        name: 'a built-in metric has a default',
        manifests: [
          deployment('cart'),
          canary('cart', { analysis: { metrics: [{ name: 'request-success-rate', thresholdRange: { min: 99 } }] } }),
        ],
      },
    ],
  }),
});
