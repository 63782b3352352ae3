import { canary, deployment, successRate } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'window-gt-tick',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'A metric that looks back further than one analysis.interval still sees requests of earlier steps, with other weights. One burst of errors then fails several checks, and a bad step is judged by good values of the step before it. Flagger advises an interval of the metric that is lower than or equal to that of the analysis.',
  cause: 'the window of the metric overlaps the steps before',
  source: ['fluxcd/flagger v1.44 docs/gitbook/faq.md'],
  codes: ['WINDOW_GT_TICK'],
  echoOf: ['interval-clamped', 'analysis-tick-too-fast'],
  each: 'canary',
  check(canary, report) {
    const { intervalSeconds: tick, threshold } = canary.analysis;
    for (const { name, pointer, interval, intervalSeconds = 0, raw } of canary.metrics) {
      const checks = Math.ceil(intervalSeconds / tick);
      // Some overlap is what a slow scrape needs; it does harm when one burst alone is enough for a rollback.
      if (canary.skipAnalysis || intervalSeconds <= tick || checks < threshold) continue;
      report(canary, {
        pointer: raw.interval === undefined ? pointer : `${pointer}/interval`,
        message: `the metric "${name}" of Canary "${canary.name}" looks back ${interval}, and a check comes every ${tick} s: one burst of errors fails ${checks} checks, and ${threshold === 1 ? '1 is' : `${threshold} are`} a rollback`,
        edits: [{ pointer: `${canary.analysisPointer}/interval`, value: interval }],
        fix: `set analysis.interval to ${interval}, or analysis.threshold to more than ${checks}`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'five minutes back, every minute',
        manifests: [
          deployment('cart'),
          canary('cart', { analysis: { metrics: [{ ...successRate, interval: '5m' }] } }),
        ],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/metrics/0/interval',
            message:
              'the metric "request-success-rate" of Canary "cart" looks back 5m, and a check comes every 60 s: one burst of errors fails 5 checks, and 5 are a rollback',
          },
        ],
      },
    ],
    good: [
      { name: 'as far as the last check', manifests: [deployment('cart'), canary('cart')] },
      {
        name: 'a burst fails two checks of five',
        manifests: [deployment('cart'), canary('cart', { analysis: { interval: '30s' } })],
      },
    ],
  }),
});
