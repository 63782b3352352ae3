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

const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

export default rule({
  id: 'query-unparsed',
  severity: 'error',
  effect: 'fails',
  since: '0.3.0',
  why: 'Prometheus answers a query that it cannot parse with 400 (bad_data: parse error). Flagger counts that as a failed check each time, and the rollout is rolled back. A bracket that is not closed is certain; where only the grammar stops, the store may know more than Prometheus does (MetricsQL), and it is a warning.',
  cause: 'Prometheus refuses a query that it cannot parse, and each refusal is a failed check',
  source: [
    'prometheus/prometheus v3.7 promql/parser',
    'fluxcd/flagger v1.44 pkg/controller/scheduler_metrics.go (runMetricChecks)',
  ],
  codes: [],
  echoOf: ['template-render-error', 'query-foreign-variable', 'deprecated-query-is-url', 'template-interval-missing'],
  each: 'query',
  check({ text, metric, canary, entry, place }, report) {
    // What is still to be filled in says nothing yet.
    if (text.trim() === '' || /\{\{|\$\{|\$__/.test(text)) return;
    const { errorOffset } = parsePromql(text);
    if (errorOffset === undefined) return;
    const bracket = unbalanced(text);
    const near = text
      .slice(Math.max(0, errorOffset - 20), errorOffset + 20)
      .replaceAll(/\s+/g, ' ')
      .trim();
    report(entry, {
      ...place,
      severity: bracket === undefined ? 'warning' : 'error',
      message: `the query of ${ownerOf(metric)} is no PromQL: ${bracket ?? `it cannot be read near "${near}"`}, and each check of Canary "${canary.name}" fails`,
      fix:
        bracket === undefined
          ? 'try the query in the interface of the store, and mend it there'
          : 'write the brackets in pairs',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a bracket that nobody closes',
        manifests: judged('sum(rate(errors_total{app="{{ target }}-canary"}[{{ interval }}])'),
        expect: [
          {
            object: 'MetricTemplate shop/errors',
            pointer: '/spec/query',
            severity: 'error',
            message:
              'the query of MetricTemplate "errors" is no PromQL: a "(" is not closed, and each check of Canary "cart" fails',
          },
        ],
      },
      {
        name: 'two expressions without an operator',
        manifests: judged('sum(errors_total{app="cart-canary"}) sum(requests_total)'),
        expect: [{ object: 'MetricTemplate shop/errors', severity: 'warning' }],
      },
    ],
    good: [
      { name: 'a sound query', manifests: judged('sum(rate(errors_total{app="cart-canary"}[{{ interval }}]))') },
      { name: 'a bracket in a text', manifests: judged('sum(errors_total{app="cart-canary", path=~"/a\\\\(.*"})') },
    ],
  }),
});

/** What is wrong with the brackets; undefined where they come in pairs. Those in texts and comments do not count. */
function unbalanced(text: string): string | undefined {
  const open: string[] = [];
  const plain = text.replaceAll(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`|#[^\n]*/g, '');
  for (const letter of plain) {
    if (letter in closing) open.push(letter);
    else if (Object.values(closing).includes(letter)) {
      const last = open.pop();
      if (last === undefined) return `a "${letter}" closes nothing`;
      if (closing[last] !== letter) return `a "${last}" is closed by "${letter}"`;
    }
  }
  return open.length > 0 ? `a "${open.at(-1)}" is not closed` : undefined;
}
