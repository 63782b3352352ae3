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

/** A comparison with a number at the end of the expression, without `bool`. */
const filtering = /(?:^|[^!=<>~])(==|!=|<=|>=|<|>)\s*(?!bool\b)(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*$/i;

export default rule({
  id: 'query-filters-away',
  severity: 'error',
  effect: 'fails',
  since: '0.2.0',
  why: 'A comparison in PromQL does not answer yes or no: it keeps the series for which it holds, and drops the others. A query that ends with "> 5" has no value while all is well, and Flagger counts "no values found" as a failed check. The limit belongs into thresholdRange.',
  cause: 'a comparison drops what it does not hold for, and no value is a failed check',
  source: [
    'prometheus/prometheus v3.7 docs/querying/operators.md (Comparison binary operators)',
    'fluxcd/flagger v1.44 pkg/metrics/providers/prometheus.go (ErrNoValuesFound)',
  ],
  codes: [],
  each: 'query',
  check(query, report) {
    const { text, metric } = query;
    const plain = text.replace(/#[^\n]*/g, '').trim();
    const { errorOffset, type } = parsePromql(text);
    if (errorOffset !== undefined || type !== 'vector') return;
    const match = filtering.exec(plain);
    if (!match || /\bor\s+(on\s*\(\)\s*)?vector\s*\(/.test(plain.slice(match.index))) return;
    const [, operator, number] = match;
    report(query, {
      ...query.place,
      message: `the query of ${ownerOf(metric)} ends with ${operator} ${number}, which drops the value where it does not hold: then there are no values, and the check fails`,
      fix: `remove ${operator} ${number} from the query, and say the limit in thresholdRange; or write ${operator} bool ${number} for 0 or 1`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a limit in the query',
        manifests: judged('sum(rate(errors_total[1m])) / sum(rate(requests_total[1m])) > 0.05'),
        expect: [
          {
            object: 'MetricTemplate shop/errors',
            pointer: '/spec/query',
            message:
              'the query of MetricTemplate "errors" ends with > 0.05, which drops the value where it does not hold: then there are no values, and the check fails',
          },
        ],
      },
    ],
    good: [
      { name: 'bool', manifests: judged('sum(rate(errors_total[1m])) > bool 0.05') },
      { name: 'no comparison', manifests: judged('sum(rate(errors_total{code=~"5.."}[1m])) or vector(0)') },
    ],
  }),
});
