import { nearest } from '../../findings';
import { canary, deployment, metricTemplate } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'metric-no-source',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'Flagger answers two names with a query of its own: request-success-rate and request-duration. A metric of any other name needs a templateRef or a query. Without them each check ends with "Metric query failed for no usable metrics template and query were configured", and the rollout is rolled back.',
  cause: 'Flagger has queries of its own for request-success-rate and request-duration only',
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler_metrics.go (runMetricChecks)'],
  codes: ['METRIC_NO_SOURCE'],
  each: 'canary',
  check(canary, report) {
    for (const metric of canary.metrics) {
      if (metric.kind !== 'none') continue;
      const near = nearest(metric.name, ['request-success-rate', 'request-duration']);
      report(canary, {
        pointer: metric.raw.name === undefined ? metric.pointer : `${metric.pointer}/name`,
        message: `the metric "${metric.name}" of Canary "${canary.name}" has neither templateRef nor query, and Flagger has no query of that name`,
        ...(near === undefined ? {} : { nearest: near }),
        fix:
          near === undefined
            ? `add a templateRef to the metric "${metric.name}", or rename it to request-success-rate or request-duration`
            : `rename the metric "${metric.name}" to ${near}, or add a templateRef to it`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'the name of a built-in metric, misspelt',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: { metrics: [{ name: 'request-succes-rate', interval: '1m', thresholdRange: { min: 99 } }] },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/metrics/0/name',
            message:
              'the metric "request-succes-rate" of Canary "frontend" has neither templateRef nor query, and Flagger has no query of that name',
          },
        ],
      },
      {
        name: 'a metric of its own without a query',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { metrics: [{ name: 'errors', thresholdRange: { max: 1 } }] } }),
        ],
        expect: [{ object: 'Canary shop/frontend' }],
      },
    ],
    good: [
      {
        name: 'the name is exact',
        manifests: [deployment('frontend'), canary('frontend')],
      },
      {
        name: 'a template has the query',
        manifests: [
          deployment('frontend'),
          metricTemplate('errors', 'up'),
          canary('frontend', {
            analysis: { metrics: [{ name: 'errors', interval: '1m', templateRef: { name: 'errors' } }] },
          }),
        ],
      },
    ],
  }),
});
