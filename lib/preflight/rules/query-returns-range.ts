import { canary, deployment, metricTemplate } from '../case-manifests';
import { parsePromql } from '../promql';
import { ownerOf } from '../queries';
import { rule } from '../rule';

export default rule({
  id: 'query-returns-range',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'Flagger asks Prometheus for an instant and takes one number a series. A query whose outermost part is a range (metric[1m], or a subquery) answers with many values a series: Flagger ends each check with "query returned multiple values" and rolls back.',
  cause: 'a range has many values a series, and Flagger takes one',
  source: ['fluxcd/flagger v1.44 pkg/metrics/providers/prometheus.go (RunQuery)'],
  codes: ['QUERY_RETURNS_RANGE'],
  each: 'query',
  check(query, report) {
    const { text, metric } = query;
    if (parsePromql(text).type !== 'matrix') return;
    report(query, {
      ...query.place,
      message: `the query of ${ownerOf(metric)} asks for a range: ${text.trim()}`,
      fix: `make one number of it: sum(rate(${text.trim()})) for a counter, avg(avg_over_time(${text.trim()})) for a gauge`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'the rate is missing',
        manifests: [
          deployment('frontend'),
          metricTemplate('errors', 'errors_total{app="{{ target }}"}[{{ interval }}]'),
          canary('frontend', {
            analysis: { metrics: [{ name: 'errors', interval: '1m', templateRef: { name: 'errors' } }] },
          }),
        ],
        expect: [
          {
            object: 'MetricTemplate shop/errors',
            pointer: '/spec/query',
            message: 'the query of MetricTemplate "errors" asks for a range: errors_total{app="frontend"}[1m]',
          },
        ],
      },
      {
        name: 'a subquery, in the metric itself',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: { metrics: [{ name: 'errors', interval: '1m', query: '(rate(errors_total[1m])[5m:30s])' }] },
          }),
        ],
        expect: [{ object: 'Canary shop/frontend', pointer: '/spec/analysis/metrics/0/query' }],
      },
    ],
    good: [
      {
        name: 'the range is inside a rate',
        manifests: [
          deployment('frontend'),
          metricTemplate('errors', 'sum(rate(errors_total{app="{{ target }}"}[{{ interval }}]))'),
          canary('frontend', {
            analysis: { metrics: [{ name: 'errors', interval: '1m', templateRef: { name: 'errors' } }] },
          }),
        ],
      },
      {
        name: 'another provider has another language',
        manifests: [
          deployment('frontend'),
          metricTemplate('errors', 'errors_total[1m]', { provider: { type: 'datadog' } }),
          canary('frontend', {
            analysis: { metrics: [{ name: 'errors', interval: '1m', templateRef: { name: 'errors' } }] },
          }),
        ],
      },
    ],
  }),
});
