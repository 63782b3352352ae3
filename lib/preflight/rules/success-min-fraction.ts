import { canary, deployment, successRate } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'success-min-fraction',
  severity: 'error',
  effect: 'wrong',
  since: '0.1.0',
  why: 'The success rate is a percentage from 0 to 100. A minimum of 0.99 is less than one percent: a canary that fails 99 of 100 requests still passes, and is promoted.',
  cause: 'Flagger measures the success rate in percent, from 0 to 100',
  source: [
    'fluxcd/flagger v1.44 pkg/controller/scheduler_metrics.go (runBuiltinMetricChecks)',
    'fluxcd/flagger v1.44 pkg/metrics/observers/istio.go',
  ],
  codes: ['SUCCESS_MIN_FRACTION'],
  each: 'canary',
  check(canary, report) {
    for (const metric of canary.metrics) {
      const isBuiltin = metric.builtin === 'request-success-rate';
      // A query that makes a percentage of it says so by multiplying.
      const isPercentage = isBuiltin || (/succ|availab/i.test(metric.name) && /\*\s*100\b/.test(metric.query ?? ''));
      const written = metric.min !== undefined ? 'thresholdRange/min' : 'threshold';
      const least = metric.hasRange ? metric.min : isBuiltin ? metric.threshold : undefined;
      if (!isPercentage || least === undefined || least <= 0 || least > 1) continue;
      report(canary, {
        pointer: `${metric.pointer}/${written}`,
        severity: isBuiltin ? 'error' : 'warning',
        message: `the metric "${metric.name}" of Canary "${canary.name}" is in percent, and its minimum is ${least}: a canary that fails ${100 - least} % of its requests passes`,
        fix: `write the minimum in percent: ${Math.round(least * 1_000_000) / 10_000}`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a fraction',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { metrics: [{ ...successRate, thresholdRange: { min: 0.99 } }] } }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/metrics/0/thresholdRange/min',
            severity: 'error',
            message:
              'the metric "request-success-rate" of Canary "frontend" is in percent, and its minimum is 0.99: a canary that fails 99.01 % of its requests passes',
          },
        ],
      },
      {
        name: 'the deprecated threshold',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { metrics: [{ name: 'request-success-rate', threshold: 1 }] } }),
        ],
        expect: [{ object: 'Canary shop/frontend', pointer: '/spec/analysis/metrics/0/threshold' }],
      },
    ],
    good: [
      { name: 'percent', manifests: [deployment('frontend'), canary('frontend')] },
      {
        name: 'a query that gives a fraction',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: { metrics: [{ name: 'success', query: 'sum(ok) / sum(all)', thresholdRange: { min: 0.99 } }] },
          }),
        ],
      },
    ],
  }),
});
