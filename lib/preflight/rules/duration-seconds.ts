import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const duration = (max: number) => ({ name: 'request-duration', interval: '1m', thresholdRange: { max } });

export default rule({
  id: 'duration-seconds',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'The bound of request-duration is in whole milliseconds; Flagger cuts off what is behind the point. 0.5, meant as half a second, becomes 0 ms: every request is slower, each check fails with "request duration … > 0s", and the rollout is rolled back.',
  cause: 'Flagger reads the bound of request-duration as whole milliseconds and cuts off the rest',
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler_metrics.go (runBuiltinMetricChecks)'],
  codes: ['DURATION_SECONDS'],
  each: 'canary',
  check(canary, report) {
    for (const metric of canary.metrics) {
      if (metric.builtin !== 'request-duration') continue;
      const bound = metric.hasRange ? metric.max : metric.threshold;
      if (bound === undefined || bound < 0 || (Number.isInteger(bound) && (bound >= 10 || bound === 0))) continue;
      const read = Math.trunc(bound);
      const suggestion = bound < 10 ? Math.round(bound * 1000) : read;
      report(canary, {
        pointer: `${metric.pointer}/${metric.hasRange ? 'thresholdRange/max' : 'threshold'}`,
        severity: read === 0 ? 'error' : 'warning',
        message: `the metric "request-duration" of Canary "${canary.name}" has the maximum ${bound}, which Flagger reads as ${read} ms`,
        edits: [{ value: suggestion }],
        fix:
          bound < 10 ? `write milliseconds: ${suggestion} for ${bound} s` : `write whole milliseconds: ${suggestion}`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'half a second, written as 0.5',
        manifests: [deployment('frontend'), canary('frontend', { analysis: { metrics: [duration(0.5)] } })],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/metrics/0/thresholdRange/max',
            severity: 'error',
            message:
              'the metric "request-duration" of Canary "frontend" has the maximum 0.5, which Flagger reads as 0 ms',
          },
        ],
      },
      {
        name: 'two seconds, written as 2',
        manifests: [deployment('frontend'), canary('frontend', { analysis: { metrics: [duration(2)] } })],
        expect: [{ object: 'Canary shop/frontend', severity: 'warning' }],
      },
      {
        name: 'a fraction of a millisecond',
        manifests: [deployment('frontend'), canary('frontend', { analysis: { metrics: [duration(250.5)] } })],
        expect: [{ object: 'Canary shop/frontend', severity: 'warning' }],
      },
    ],
    good: [
      {
        name: 'milliseconds',
        manifests: [deployment('frontend'), canary('frontend', { analysis: { metrics: [duration(500)] } })],
      },
      {
        name: 'a metric of its own has its own unit',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: { metrics: [{ name: 'latency', query: 'avg(seconds)', thresholdRange: { max: 0.5 } }] },
          }),
        ],
      },
    ],
  }),
});
