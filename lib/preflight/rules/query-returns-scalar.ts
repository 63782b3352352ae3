import { canary, deployment, metricTemplate } from '../case-manifests';
import { parsePromql } from '../promql';
import { ownerOf } from '../queries';
import { rule } from '../rule';

export default rule({
  id: 'query-returns-scalar',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'Flagger reads a list of series from the answer of Prometheus. A query whose result is a scalar or a string (a number, scalar(…), time()) is answered in another form, which Flagger cannot read: each check fails with "error unmarshaling result", and the rollout is rolled back.',
  cause: 'Flagger reads series, and a scalar is answered as a pair without one',
  source: ['fluxcd/flagger v1.44 pkg/metrics/providers/prometheus.go (RunQuery)'],
  codes: ['QUERY_RETURNS_SCALAR'],
  each: 'query',
  check(query, report) {
    const { text, metric } = query;
    const { type } = parsePromql(text);
    if (type !== 'scalar' && type !== 'string') return;
    report(query, {
      ...query.place,
      message: `the query of ${ownerOf(metric)} gives a ${type} and no series: ${text.trim()}`,
      ...(type === 'scalar' && { edits: [{ value: `vector(${metric.query?.trim()})` }] }),
      fix: type === 'scalar' ? `write vector(${text.trim()})` : 'write a query that gives one number',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'scalar() around the query',
        manifests: [
          deployment('cart'),
          metricTemplate('errors', 'scalar(sum(errors))'),
          canary('cart', {
            analysis: { metrics: [{ name: 'errors', interval: '1m', templateRef: { name: 'errors' } }] },
          }),
        ],
        expect: [
          {
            object: 'MetricTemplate shop/errors',
            pointer: '/spec/query',
            message: 'the query of MetricTemplate "errors" gives a scalar and no series: scalar(sum(errors))',
          },
        ],
      },
    ],
    good: [
      {
        name: 'vector() makes a series of a number',
        manifests: [
          deployment('cart'),
          metricTemplate('errors', 'sum(errors) or vector(0)'),
          canary('cart', {
            analysis: { metrics: [{ name: 'errors', interval: '1m', templateRef: { name: 'errors' } }] },
          }),
        ],
      },
    ],
  }),
});
