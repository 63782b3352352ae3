import { canary, deployment, metricTemplate } from '../case-manifests';
import { parsePromql } from '../promql';
import { ownerOf } from '../queries';
import { type FieldEdit, rule } from '../rule';

/** The same matcher of the target alone, where there is one whose expression is made of the target. */
function cureOf(query: string, label: string, isPod: boolean): { readonly edits?: readonly FieldEdit[] } {
  const matcher = new RegExp(`(?<![\\w:])${label}\\s*=~\\s*"[^"]*\\{\\{\\s*target\\s*\\}\\}[^"]*"`, 'g');
  if (query.match(matcher)?.length !== 1) return {};
  const written = isPod ? `${label}=~"{{ target }}-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)"` : `${label}="{{ target }}"`;
  return { edits: [{ value: query.replace(matcher, () => written) }] };
}

const metrics = [{ name: 'errors', interval: '1m', templateRef: { name: 'errors' }, thresholdRange: { max: 1 } }];

export default rule({
  id: 'query-target-regex-leak',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'The primary has the name of the target with -primary behind it. A regular expression such as "{{ target }}.*" matches both: the metric mixes the canary with the primary, which has most of the traffic, and errors of the canary drown in it.',
  cause: 'the expression also matches the name of the primary, or of its pods',
  source: [
    'fluxcd/flagger v1.44 pkg/metrics/observers/http.go',
    'fluxcd/flagger v1.44 pkg/canary/deployment_controller.go',
  ],
  codes: ['QUERY_TARGET_REGEX_LEAK'],
  each: 'query',
  check(query, report) {
    const { text, canary, metric } = query;
    const target = canary.targetRef.name;
    if (target === '') return;
    const leak = parsePromql(text)
      .selectors.flatMap(({ matchers }) => matchers)
      .find(
        ({ op, value }) =>
          op === '=~' &&
          // Names of the primary, of its pods, and of pods of the canary: only what matches the canary can leak.
          ((matches(value, target) && matches(value, `${target}-primary`)) ||
            (matches(value, `${target}-5d4f8c7b9d-x2x8z`) && matches(value, `${target}-primary-5d4f8c7b9d-x2x8z`))),
      );
    if (!leak) return;
    const isPod = !matches(leak.value, target) || leak.label.includes('pod');
    report(query, {
      ...query.place,
      message: `the query of ${ownerOf(metric)} selects ${leak.label}=~"${leak.value}", which also matches the primary "${target}-primary"`,
      ...cureOf(metric.query ?? '', leak.label, isPod),
      fix: isPod
        ? `write ${leak.label}=~"{{ target }}-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)"`
        : `write ${leak.label}="{{ target }}"`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'the name and anything behind it',
        manifests: [
          deployment('cart'),
          metricTemplate('errors', 'sum(rate(errors_total{pod=~"{{ target }}.*"}[{{ interval }}]))'),
          canary('cart', { analysis: { metrics } }),
        ],
        expect: [
          {
            object: 'MetricTemplate shop/errors',
            pointer: '/spec/query',
            message:
              'the query of MetricTemplate "errors" selects pod=~"cart.*", which also matches the primary "cart-primary"',
          },
        ],
      },
      {
        name: 'pods of both',
        manifests: [
          deployment('cart'),
          metricTemplate('errors', 'sum(rate(errors_total{pod=~"{{ target }}-.+"}[1m]))'),
          canary('cart', { analysis: { metrics } }),
        ],
        expect: [{ object: 'MetricTemplate shop/errors' }],
      },
    ],
    good: [
      {
        name: 'the names of pods of the canary only',
        manifests: [
          deployment('cart'),
          metricTemplate('errors', 'sum(rate(errors_total{pod=~"{{ target }}-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)"}[1m]))'),
          canary('cart', { analysis: { metrics } }),
        ],
      },
      {
        name: 'another label',
        manifests: [
          deployment('cart'),
          metricTemplate('errors', 'sum(rate(errors_total{app="{{ target }}",code=~"5.*"}[1m]))'),
          canary('cart', { analysis: { metrics } }),
        ],
      },
    ],
  }),
});

/** Prometheus anchors an expression at both ends. One that JavaScript cannot read, or that could be slow, matches nothing here. */
function matches(expression: string, text: string): boolean {
  if (expression.length > 200 || /[*+}]\)?[*+{]/.test(expression)) return false;
  try {
    return new RegExp(`^(?:${expression.replaceAll('\\\\', '\\')})$`).test(text);
  } catch {
    // RE2 has forms that JavaScript lacks: nothing can be said of them.
    return false;
  }
}
