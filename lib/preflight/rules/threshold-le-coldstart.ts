import { factNote } from '../../world';
import { caller, canary, deployment, loadTest, service } from '../case-manifests';
import { coldStart } from '../cold-start';
import { rule } from '../rule';

const loaded = (analysis: Readonly<Record<string, unknown>>) => [
  deployment('cart'),
  canary('cart', { analysis: { webhooks: [loadTest('cart-canary.shop')], ...analysis } }),
];
const called = (analysis: Readonly<Record<string, unknown>>) => [
  deployment('cart'),
  service('cart'),
  caller('frontend', 'cart:80'),
  canary('cart', { analysis }),
];

export default rule({
  id: 'threshold-le-coldstart',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'Checks that come before the first sample of the new pods count as failed. When there are as many of them as analysis.threshold, Flagger rolls the canary back before it was ever measured: every rollout fails, and the event says that the workload "is not receiving traffic".',
  cause: 'the checks before the first value are as many as analysis.threshold allows',
  source: [
    'fluxcd/flagger v1.44 pkg/controller/scheduler.go (advanceCanary)',
    'fluxcd/flagger v1.44 pkg/apis/flagger/v1beta1/canary.go (GetAnalysisThreshold)',
  ],
  codes: ['THRESHOLD_LE_COLDSTART'],
  echoOf: ['loadtest-starts-late', 'analysis-tick-too-fast', 'threshold-zero'],
  each: 'canary',
  check(canary, report, world) {
    const scrape = world.scrapeInterval;

    const start = coldStart(world, canary);
    if (!start) return;
    const { threshold, intervalSeconds } = canary.analysis;
    const { failed, slow, lateLoad } = start;
    if (failed.most === 0 || failed.most < threshold) return;
    // Without the target the manifests are a part of what the cluster holds: the traffic may be in the rest.
    const isCertain = failed.least >= threshold && canary.target !== undefined;
    const reasons = [
      ...(lateLoad ? [`its load test "${lateLoad.webhook.name}" starts with the first check`] : []),
      ...(slow.most > 0
        ? [
            `a check comes every ${intervalSeconds} s and a first value up to ${start.secondsToValue} s after the first request${factNote(scrape)}`,
          ]
        : []),
    ];
    const count = failed.least === failed.most ? `${failed.most}` : `${failed.least} to ${failed.most}`;
    const warm = lateLoad ? ' and add the load test as a webhook of type pre-rollout too' : '';
    report(canary, {
      pointer: `${canary.analysisPointer}${canary.analysis.raw.threshold === undefined ? '' : '/threshold'}`,
      severity: isCertain ? 'error' : 'warning',
      message: `threshold ${threshold} of Canary "${canary.name}" is reached before "${start.metric.name}" has a value: the first ${failed.most === 1 ? 'check fails' : `${count} checks fail`}, because ${reasons.join(', and ')}`,
      fix: `set threshold to ${failed.most + 1} or more${warm}`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'one failed check is the first one',
        manifests: loaded({ threshold: 1 }),
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/threshold',
            severity: 'error',
            message:
              'threshold 1 of Canary "cart" is reached before "request-success-rate" has a value: the first check fails, because its load test "load-test" starts with the first check',
          },
        ],
      },
      {
        name: 'a scrape a minute and a check every fifteen seconds',
        manifests: called({
          interval: '15s',
          threshold: 3,
          metrics: [{ name: 'request-success-rate', interval: '5m' }],
        }),
        facts: { scrapeInterval: '1m' },
        expect: [
          {
            object: 'Canary shop/cart',
            severity: 'error',
            message:
              'threshold 3 of Canary "cart" is reached before "request-success-rate" has a value: the first 3 to 8 checks fail, because a check comes every 15 s and a first value up to 121 s after the first request (stated: Prometheus scrapes every 60 s)',
          },
        ],
      },
      {
        name: 'it depends on the time of the scrape',
        manifests: called({ interval: '10s', threshold: 2 }),
        expect: [{ object: 'Canary shop/cart', severity: 'warning' }],
      },
      {
        name: 'a Canary alone: its callers may be in other manifests',
        manifests: [canary('cart', { analysis: { threshold: 1, webhooks: [loadTest('cart-canary.shop')] } })],
        expect: [{ object: 'Canary shop/cart', severity: 'warning' }],
      },
    ],
    good: [
      { name: 'one more', manifests: loaded({ threshold: 2 }) },
      { name: 'users call it, and a check a minute', manifests: called({ threshold: 1 }) },
    ],
  }),
});
