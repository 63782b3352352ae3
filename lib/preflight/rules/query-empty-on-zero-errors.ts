import { canary, deployment, metricTemplate } from '../case-manifests';
import { type PromqlSelector, parsePromql } from '../promql';
import { ownerOf } from '../queries';
import { rule } from '../rule';

const metrics = [{ name: 'error-rate', interval: '1m', templateRef: { name: 'errors' }, thresholdRange: { max: 1 } }];
const all = 'sum(rate(istio_requests_total{destination_workload="{{ target }}"}[{{ interval }}]))';
const failed =
  'sum(rate(istio_requests_total{destination_workload="{{ target }}",response_code=~"5.*"}[{{ interval }}]))';

export default rule({
  id: 'query-empty-on-zero-errors',
  severity: 'warning',
  effect: 'fails',
  since: '0.1.0',
  why: 'A series of failed requests exists from the first failure on. Until then the numerator of failed / all is empty, and so is the quotient: a canary without a single error has no values, and Flagger takes that for a failed check. The sound canary is rolled back.',
  cause: 'without errors there is no series of errors, and an empty numerator makes an empty quotient',
  source: ['fluxcd/flagger v1.44 pkg/metrics/providers/prometheus.go (RunQuery)', 'fluxcd/flagger issue 1365'],
  codes: ['QUERY_EMPTY_ON_ZERO_ERRORS'],
  each: 'query',
  check(query, report) {
    const { text, metric } = query;
    // "or vector(0)" gives the empty side a value, in whatever place it stands.
    if (!text.includes('/') || /\bor\b/.test(text)) return;
    const { selectors, errorOffset } = parsePromql(text);
    const [first, ...rest] = selectors;
    const matcher = first && errorsOf(first);
    if (
      errorOffset !== undefined ||
      !matcher ||
      !rest.some((other) => other.metric === first.metric && !errorsOf(other))
    )
      return;
    report(query, {
      ...query.place,
      // What Istio counts begins with the first request of that kind; an application may begin at 0.
      severity: first.metric?.startsWith('istio_') ? 'error' : 'warning',
      message: `the query of ${ownerOf(metric)} divides ${first.metric ?? 'a series'}{${matcher.label}${matcher.op}"${matcher.value}"} by all: without errors it has no values, and a sound canary fails`,
      fix: 'put the numerator in parentheses with "or vector(0)": (sum(rate(…)) or vector(0)) / sum(rate(…))',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'failed by all',
        manifests: [
          deployment('cart'),
          metricTemplate('errors', `${failed} / ${all} * 100`),
          canary('cart', { analysis: { metrics } }),
        ],
        expect: [
          {
            object: 'MetricTemplate shop/errors',
            pointer: '/spec/query',
            severity: 'error',
            message:
              'the query of MetricTemplate "errors" divides istio_requests_total{response_code=~"5.*"} by all: without errors it has no values, and a sound canary fails',
          },
        ],
      },
    ],
    good: [
      {
        name: 'the empty numerator is 0',
        manifests: [
          deployment('cart'),
          metricTemplate('errors', `(${failed} or vector(0)) / ${all} * 100`),
          canary('cart', { analysis: { metrics } }),
        ],
      },
      {
        name: '100 less what succeeds',
        manifests: [
          deployment('cart'),
          metricTemplate('errors', `100 - ${failed.replace('=~', '!~')} / ${all} * 100`),
          canary('cart', { analysis: { metrics } }),
        ],
      },
    ],
  }),
});

/** The matcher that leaves only failed requests. */
function errorsOf({ matchers }: PromqlSelector): PromqlSelector['matchers'][number] | undefined {
  return matchers.find(({ label, op, value }) =>
    /grpc/i.test(label)
      ? (op === '!=' || op === '!~') && /^(0|OK)$/.test(value)
      : /code|status/i.test(label) && (op === '=' || op === '=~') && /^\(?[^1-46-9]*5/.test(value),
  );
}
