import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'no-metrics-no-hooks',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Without a metric and without a hook during the rollout nothing is checked: Flagger takes its steps and promotes whatever it is given, as long as the pods are ready.',
  cause: 'nothing is checked between the steps',
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler.go (runAnalysis)'],
  codes: ['NO_METRICS_NO_HOOKS'],
  echoOf: ['analysis-nil-panic'],
  comesLast: true,
  each: 'canary',
  check(canary, report) {
    if (canary.skipAnalysis || canary.metrics.length > 0) return;
    if (
      canary.webhooks.some(
        ({ type, taskType, command }) =>
          // One of type pre-rollout is asked once, before the first step: little, and not nothing.
          (/^(pre-)?rollout$/.test(type) && !(command !== undefined && taskType === 'cmd')) ||
          type.startsWith('confirm-'),
      )
    )
      return;
    report(canary, {
      pointer: canary.analysisPointer,
      message: `Canary "${canary.name}" has no metric and no hook that could fail: it is promoted whatever it does`,
      fix: 'add a metric such as request-success-rate with thresholdRange.min 99, or a rollout webhook that checks',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'nothing',
        manifests: [deployment('frontend'), canary('frontend', { analysis: { metrics: undefined } })],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis',
            message: 'Canary "frontend" has no metric and no hook that could fail: it is promoted whatever it does',
          },
        ],
      },
    ],
    good: [{ name: 'a metric', manifests: [deployment('frontend'), canary('frontend')] }],
  }),
});
