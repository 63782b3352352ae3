import type { MetricView } from '../../world';
import { canary, deployment, metricTemplate, successRate } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'threshold-direction',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'A rate of success must not fall below a min; errors and durations must not rise above a max. With the other bound a bad canary passes and a good one fails: success-rate with max: 99 fails at 100 percent, error-rate with min: 1 fails without errors.',
  cause: 'the metric is bounded on the side where it is good',
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler_metrics.go (runBuiltinMetricChecks, runMetricChecks)'],
  codes: ['THRESHOLD_DIRECTION'],
  each: 'canary',
  check(canary, report) {
    for (const metric of canary.metrics) {
      const better = betterSide(metric);
      const bound = better === 'high' ? boundAbove(metric) : metric.max === undefined ? metric.min : undefined;
      if (better === undefined || bound === undefined) continue;
      const right = better === 'high' ? 'min' : 'max';
      const field = metric.hasRange ? `thresholdRange/${better === 'high' ? 'max' : 'min'}` : 'threshold';
      report(canary, {
        pointer: `${metric.pointer}/${field}`,
        severity: metric.builtin ? 'error' : 'warning',
        message: `the metric "${metric.name}" of Canary "${canary.name}" is the better the ${better === 'high' ? 'higher' : 'lower'}, and its only bound is ${better === 'high' ? 'at most' : 'at least'} ${bound}: a bad canary passes`,
        edits: [{ value: undefined }, { pointer: `${metric.pointer}/thresholdRange/${right}`, value: bound }],
        fix: `write thresholdRange: {${right}: ${bound}} for "${metric.name}"`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a maximum for the success rate',
        manifests: [
          deployment('cart'),
          canary('cart', { analysis: { metrics: [{ ...successRate, thresholdRange: { max: 99 } }] } }),
        ],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/metrics/0/thresholdRange/max',
            severity: 'error',
            message:
              'the metric "request-success-rate" of Canary "cart" is the better the higher, and its only bound is at most 99: a bad canary passes',
          },
        ],
      },
      {
        name: 'a minimum for errors',
        manifests: [
          deployment('cart'),
          metricTemplate('errors', 'sum(errors)'),
          canary('cart', {
            analysis: {
              metrics: [
                { name: 'error-rate', interval: '1m', templateRef: { name: 'errors' }, thresholdRange: { min: 1 } },
              ],
            },
          }),
        ],
        expect: [
          { object: 'Canary shop/cart', pointer: '/spec/analysis/metrics/0/thresholdRange/min', severity: 'warning' },
        ],
      },
    ],
    good: [
      { name: 'a minimum for the success rate', manifests: [deployment('cart'), canary('cart')] },
      {
        name: 'a metric whose name says nothing',
        manifests: [
          deployment('cart'),
          canary('cart', {
            analysis: { metrics: [{ name: 'orders', query: 'sum(orders)', thresholdRange: { max: 9 } }] },
          }),
        ],
      },
      {
        name: 'both bounds',
        manifests: [
          deployment('cart'),
          canary('cart', { analysis: { metrics: [{ ...successRate, thresholdRange: { min: 99, max: 100 } }] } }),
        ],
      },
    ],
  }),
});

function betterSide({ name, builtin }: MetricView): 'high' | 'low' | undefined {
  if (builtin) return builtin === 'request-success-rate' ? 'high' : 'low';
  const isGood = /succ|availab/i.test(name);
  const isBad = /error|fail|5xx|latency|duration|p9\d/i.test(name);
  return isGood === isBad ? undefined : isGood ? 'high' : 'low';
}

/** The deprecated threshold is a maximum for all metrics but the built-in success rate. */
function boundAbove({ builtin, hasRange, min, max, threshold }: MetricView): number | undefined {
  if (hasRange) return min === undefined ? max : undefined;
  return builtin ? undefined : threshold;
}
