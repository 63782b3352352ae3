import { canary, deployment, metricTemplate } from '../case-manifests';
import { parsePromql } from '../promql';
import { ownerOf } from '../queries';
import { rule } from '../rule';

const judged = (query: string) => [
  deployment('cart'),
  metricTemplate('errors', query),
  canary('cart', {
    analysis: {
      metrics: [{ name: 'errors', interval: '1m', templateRef: { name: 'errors' }, thresholdRange: { max: 1 } }],
    },
  }),
];

export default rule({
  id: 'query-multi-series',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Flagger goes through the series of the answer and keeps the value of the last one. A query that gives one series for each pod, code or path judges the canary by any one of them: the order is that of Prometheus, and a bad series before the last one is not seen.',
  cause: 'of several series Flagger takes the last one',
  source: ['fluxcd/flagger v1.44 pkg/metrics/providers/prometheus.go (RunQuery)'],
  codes: ['QUERY_MULTI_SERIES'],
  each: 'query',
  check(query, report) {
    const { text, metric } = query;
    const { type, differingLabels: labels } = parsePromql(text);
    if (type !== 'vector' || labels?.length === 0) return;
    report(query, {
      ...query.place,
      message: `the query of ${ownerOf(metric)} ${labels ? `gives a series for each ${labels.join(', ')}` : 'gives every series that it selects'}, and Flagger judges the last one of them`,
      fix: labels
        ? 'aggregate without by: sum(…), or max(…) for the worst one'
        : 'put an aggregation around the query: sum(…), or max(…) for the worst series; in a quotient around each side, sum(…) / sum(…)',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'no aggregation',
        manifests: judged('rate(errors_total{app="{{ target }}"}[{{ interval }}])'),
        expect: [
          {
            object: 'MetricTemplate shop/errors',
            pointer: '/spec/query',
            message:
              'the query of MetricTemplate "errors" gives every series that it selects, and Flagger judges the last one of them',
          },
        ],
      },
      {
        name: 'a quotient by pod',
        manifests: judged('sum by (pod) (errors_total) / sum by (pod) (requests_total) * 100'),
        expect: [
          {
            object: 'MetricTemplate shop/errors',
            message:
              'the query of MetricTemplate "errors" gives a series for each pod, and Flagger judges the last one of them',
          },
        ],
      },
      {
        name: 'quantiles by path',
        manifests: judged('histogram_quantile(0.99, sum(rate(seconds_bucket[1m])) by (le, path))'),
        expect: [{ object: 'MetricTemplate shop/errors' }],
      },
      {
        name: 'the greatest ones keep their labels',
        manifests: judged('topk(1, errors_total)'),
        expect: [{ object: 'MetricTemplate shop/errors' }],
      },
    ],
    good: [
      { name: 'a sum', manifests: judged('sum(rate(errors_total[1m])) / sum(rate(requests_total[1m])) * 100') },
      {
        name: 'a quantile',
        manifests: judged('histogram_quantile(0.99, sum(rate(seconds_bucket[1m])) by (le)) * 1000'),
      },
      {
        name: 'zero instead of nothing',
        manifests: judged('100 - (sum(errors_total) or vector(0)) / sum(requests_total)'),
      },
      { name: 'whether there is any', manifests: judged('absent(errors_total)') },
    ],
  }),
});
