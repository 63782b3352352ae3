import { canary, deployment, metricTemplate } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'threshold-missing',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'A metric without thresholdRange is compared with the deprecated threshold, which is 0 when absent. For request-success-rate it is a minimum: every canary passes, however bad. For request-duration and for metrics of your own it is a maximum: every value above 0 fails, and the rollout is rolled back. A thresholdRange with neither min nor max judges nothing.',
  cause: 'without a bound Flagger compares with 0: at least for the success rate, at most for all other metrics',
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler_metrics.go (runBuiltinMetricChecks, runMetricChecks)'],
  codes: ['THRESHOLD_MISSING'],
  echoOf: ['field-wrong-type'],
  each: 'canary',
  check(canary, report) {
    for (const metric of canary.metrics) {
      if (metric.kind === 'none' || metric.min !== undefined || metric.max !== undefined) continue;
      if (!metric.hasRange && metric.threshold !== undefined) continue;
      const of = `the metric "${metric.name}" of Canary "${canary.name}"`;
      const isSuccess = metric.builtin === 'request-success-rate';
      const passes = metric.hasRange || isSuccess;
      report(canary, {
        pointer: metric.hasRange ? `${metric.pointer}/thresholdRange` : metric.pointer,
        // A number of errors that must be 0 is judged as meant.
        severity: metric.builtin ? 'error' : 'warning',
        message: metric.hasRange
          ? `${of} has a thresholdRange with neither min nor max: every value passes`
          : `${of} has no thresholdRange: ${passes ? 'every canary passes, however many of its requests fail' : 'every value above 0 fails'}`,
        fix: isSuccess
          ? 'add thresholdRange: {min: 99} (percent)'
          : metric.builtin
            ? 'add thresholdRange: {max: 500} (milliseconds)'
            : `add a thresholdRange with the min or max that "${metric.name}" must keep`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a success rate without a minimum',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { metrics: [{ name: 'request-success-rate', interval: '1m' }] } }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/metrics/0',
            severity: 'error',
            message:
              'the metric "request-success-rate" of Canary "frontend" has no thresholdRange: every canary passes, however many of its requests fail',
          },
        ],
      },
      {
        name: 'a duration without a maximum',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { metrics: [{ name: 'request-duration', interval: '1m' }] } }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            message:
              'the metric "request-duration" of Canary "frontend" has no thresholdRange: every value above 0 fails',
          },
        ],
      },
      {
        name: 'a range without bounds',
        manifests: [
          deployment('frontend'),
          metricTemplate('errors', 'up'),
          canary('frontend', {
            analysis: {
              metrics: [{ name: 'errors', interval: '1m', templateRef: { name: 'errors' }, thresholdRange: {} }],
            },
          }),
        ],
        expect: [
          { object: 'Canary shop/frontend', pointer: '/spec/analysis/metrics/0/thresholdRange', severity: 'warning' },
        ],
      },
    ],
    good: [
      { name: 'a minimum', manifests: [deployment('frontend'), canary('frontend')] },
      {
        name: 'the deprecated threshold',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { metrics: [{ name: 'request-success-rate', threshold: 99 }] } }),
        ],
      },
    ],
  }),
});
