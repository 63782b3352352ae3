import { canary, deployment, successRate } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'range-inverted',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'A value must be at least min and at most max. Where min is above max, where a success rate must be above 100 percent, or where a duration must be below 0, no value passes: each check fails and the rollout is rolled back.',
  cause: 'no value can pass: the range is empty',
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler_metrics.go (runBuiltinMetricChecks, runMetricChecks)'],
  codes: ['RANGE_INVERTED', 'RANGE_UNREACHABLE'],
  each: 'canary',
  check(canary, report) {
    for (const { name, builtin, hasRange, pointer, min, max, threshold } of canary.metrics) {
      const of = `the metric "${name}" of Canary "${canary.name}"`;
      const isSuccess = builtin === 'request-success-rate';
      const least = hasRange || !isSuccess ? min : threshold;
      if (min !== undefined && max !== undefined && min > max)
        report(canary, {
          pointer: `${pointer}/thresholdRange`,
          message: `${of} must be at least ${min} and at most ${max}: no value is both`,
          fix: `write thresholdRange: {min: ${max}, max: ${min}}, or keep only the bound that is meant`,
        });
      else if (isSuccess && least !== undefined && least > 100)
        report(canary, {
          pointer: `${pointer}/${hasRange ? 'thresholdRange/min' : 'threshold'}`,
          message: `${of} must be at least ${least}, and a success rate is 100 percent at most`,
          fix: 'write a minimum from 0 to 100, such as 99',
        });
      else if (builtin !== undefined && hasRange && max !== undefined && max < 0)
        report(canary, {
          pointer: `${pointer}/thresholdRange/max`,
          message: `${of} must be at most ${max}, and is never below 0`,
          fix: isSuccess ? 'remove max, and write a min such as 99' : 'write a maximum in milliseconds, such as 500',
        });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'min above max',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { metrics: [{ ...successRate, thresholdRange: { min: 99, max: 95 } }] } }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/metrics/0/thresholdRange',
            message:
              'the metric "request-success-rate" of Canary "frontend" must be at least 99 and at most 95: no value is both',
          },
        ],
      },
      {
        name: 'more than all requests must succeed',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { metrics: [{ ...successRate, thresholdRange: { min: 999 } }] } }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/metrics/0/thresholdRange/min',
            message:
              'the metric "request-success-rate" of Canary "frontend" must be at least 999, and a success rate is 100 percent at most',
          },
        ],
      },
      {
        name: 'less than no time',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { metrics: [{ name: 'request-duration', thresholdRange: { max: -1 } }] } }),
        ],
        expect: [{ object: 'Canary shop/frontend', pointer: '/spec/analysis/metrics/0/thresholdRange/max' }],
      },
    ],
    good: [
      {
        name: 'one value passes',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { metrics: [{ ...successRate, thresholdRange: { min: 100, max: 100 } }] } }),
        ],
      },
      {
        name: 'a metric of its own may be above 100',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: { metrics: [{ name: 'orders', query: 'sum(orders)', thresholdRange: { min: 200 } }] },
          }),
        ],
      },
    ],
  }),
});
