import { factNote } from '../../world';
import { caller, canary, deployment, service } from '../case-manifests';
import { coldStart } from '../cold-start';
import { rule } from '../rule';

const called = (analysis: Readonly<Record<string, unknown>>) => [
  deployment('cart'),
  service('cart'),
  caller('frontend', 'cart:80'),
  canary('cart', { analysis }),
];

export default rule({
  id: 'analysis-tick-too-fast',
  severity: 'warning',
  effect: 'fails',
  since: '0.1.0',
  why: 'The pods of each canary are new, so their series begin with their first request, and a rate needs two samples of them: up to two scrapes later. With an analysis.interval shorter than that the first checks of each rollout have no values. They count as failed, and Flagger never takes them back.',
  cause: 'a check comes before Prometheus has two samples of the new pods',
  source: [
    'fluxcd/flagger v1.44 pkg/controller/scheduler.go (advanceCanary)',
    'prometheus/prometheus v3.7 promql/functions.go (extrapolatedRate)',
  ],
  codes: ['ANALYSIS_TICK_TOO_FAST'],
  echoOf: ['interval-clamped'],
  each: 'canary',
  check(canary, report, world) {
    const scrape = world.scrapeInterval;

    const start = coldStart(world, canary);
    if (!start || start.slow.most === 0) return;
    // A few lost checks of many do no harm.
    if (2 * start.failed.most < canary.analysis.threshold) return;
    const { least, most } = start.slow;
    const { intervalSeconds, threshold } = canary.analysis;
    report(canary, {
      pointer: `${canary.analysisPointer}${canary.analysis.raw.interval === undefined ? '' : '/interval'}`,
      message: `Canary "${canary.name}" is checked every ${intervalSeconds} s, and "${start.metric.name}" has its first value up to ${start.secondsToValue} s after the first request: Prometheus scrapes every ${scrape.value} s${factNote(scrape)}; so ${least === most ? most : `${least} to ${most}`} of the ${threshold} failed checks that end a rollout can be spent at its start`,
      fix: `set analysis.interval of Canary "${canary.name}" to ${start.secondsToValue}s or more`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'three checks before the second sample',
        manifests: called({ interval: '10s' }),
        facts: { scrapeInterval: '15s' },
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/interval',
            severity: 'warning',
            message:
              'Canary "cart" is checked every 10 s, and "request-success-rate" has its first value up to 31 s after the first request: Prometheus scrapes every 15 s (stated: Prometheus scrapes every 15 s); so 1 to 3 of the 5 failed checks that end a rollout can be spent at its start',
          },
        ],
      },
      {
        name: 'one lost check of two',
        manifests: called({ interval: '30s', threshold: 2 }),
        expect: [{ object: 'Canary shop/cart', severity: 'warning' }],
      },
    ],
    good: [
      { name: 'one lost check of five', manifests: called({ interval: '30s' }) },
      { name: 'longer than two scrapes', manifests: called({ interval: '31s', threshold: 1 }) },
      {
        name: 'a Prometheus that scrapes often',
        manifests: called({ interval: '11s' }),
        facts: { scrapeInterval: '5s' },
      },
      { name: 'nothing measures requests', manifests: called({ interval: '10s', metrics: [] }) },
    ],
  }),
});
