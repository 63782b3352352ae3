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

/** Characters that no value of these labels has, and that only an expression needs. */
const looksLikeExpression = /\.[*+]|\[[^\]]+\]|\\[dw]|^\^|\$$|\|/;

export default rule({
  id: 'query-equality-regex',
  severity: 'error',
  effect: 'wrong',
  since: '0.2.0',
  why: 'The operators = and != of Prometheus compare the whole text. With a regular expression behind them = matches no series, so the query has no values; and != matches every series, so an error rate that takes errors away is always 0 and everything is promoted.',
  cause: '= and != compare text; =~ and !~ take a regular expression',
  source: ['prometheus/prometheus v3.7 docs/querying/basics.md (Time series selectors)'],
  codes: [],
  each: 'query',
  check(query, report) {
    const { text, metric } = query;
    for (const { matchers, metric: series } of parsePromql(text).selectors)
      for (const { label, op, value } of matchers) {
        if ((op !== '=' && op !== '!=') || !looksLikeExpression.test(value)) continue;
        const right = op === '=' ? '=~' : '!~';
        report(query, {
          ...query.place,
          message: `the query of ${ownerOf(metric)} compares the text: ${label}${op}"${value}" ${op === '=' ? `selects no series${series === undefined ? '' : ` of ${series}`}, so there are no values` : `takes away nothing${series === undefined ? '' : ` of ${series}`}, so what it should leave out counts`}`,
          fix: `write ${label}${right}"${value}"`,
        });
        return;
      }
  },
  cases: () => ({
    bad: [
      {
        name: 'not a text',
        manifests: judged('sum(rate(requests_total{status!="5.*"}[1m])) / sum(rate(requests_total[1m]))'),
        expect: [
          {
            object: 'MetricTemplate shop/errors',
            pointer: '/spec/query',
            message:
              'the query of MetricTemplate "errors" compares the text: status!="5.*" takes away nothing of requests_total, so what it should leave out counts',
          },
        ],
      },
      {
        name: 'alternatives',
        manifests: judged('sum(rate(requests_total{status="500|503"}[1m]))'),
        expect: [{ object: 'MetricTemplate shop/errors' }],
      },
    ],
    good: [
      { name: 'an expression', manifests: judged('sum(rate(requests_total{status!~"5.*"}[1m]))') },
      { name: 'a host with dots', manifests: judged('sum(rate(requests_total{host="shop.example.com"}[1m]))') },
    ],
  }),
});
