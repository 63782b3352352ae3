import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'deprecated-query-is-url',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'The field query of a metric is a query in PromQL. A URL in it is sent to Prometheus as a query and answered with status 400: each check fails, and the rollout is rolled back. The address of a Prometheus belongs in a MetricTemplate, or in spec.metricsServer.',
  cause: 'query holds PromQL, not an address',
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler_metrics.go', 'fluxcd/flagger issue 1716'],
  codes: ['DEPRECATED_QUERY_IS_URL'],
  each: 'canary',
  check(canary, report) {
    for (const { kind, name, pointer, query } of canary.metrics) {
      if (kind !== 'inline' || !/^\s*https?:\/\//i.test(query ?? '')) continue;
      report(canary, {
        pointer: `${pointer}/query`,
        message: `the query of the metric "${name}" of Canary "${canary.name}" is a URL: ${query?.trim()}`,
        fix: `write the PromQL itself into query, and the address into spec.metricsServer of Canary "${canary.name}"`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'the URL of the API',
        manifests: [
          deployment('cart'),
          canary('cart', {
            analysis: {
              metrics: [
                { name: 'up', query: 'http://prometheus:9090/api/v1/query?query=up', thresholdRange: { min: 1 } },
              ],
            },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/metrics/0/query',
            message:
              'the query of the metric "up" of Canary "cart" is a URL: http://prometheus:9090/api/v1/query?query=up',
          },
        ],
      },
    ],
    good: [
      {
        name: 'PromQL',
        manifests: [
          deployment('cart'),
          canary('cart', { analysis: { metrics: [{ name: 'up', query: 'sum(up)', thresholdRange: { min: 1 } }] } }),
        ],
      },
    ],
  }),
});
