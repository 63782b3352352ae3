import { parseGoDuration } from '../../kube';
import { factNote } from '../../world';
import { canary, deployment, metricTemplate, successRate } from '../case-manifests';
import { jobIntervalOf } from '../job-intervals';
import { parsePromql } from '../promql';
import { rule } from '../rule';

export default rule({
  id: 'interval-lt-2-scrapes',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'A rate is the difference of two samples inside its window. If the window (the interval of the metric) is shorter than twice the time between two scrapes of Prometheus, it holds one sample at most: the query has no values, whatever the traffic. Below four scrapes one late or lost scrape has the same effect.',
  cause: 'rate() needs two samples inside its window, and Prometheus takes one a scrape',
  source: [
    'prometheus/prometheus v3.7 promql/functions.go (extrapolatedRate)',
    'fluxcd/flagger v1.44 pkg/metrics/observers/istio.go',
  ],
  codes: ['INTERVAL_LT_2_SCRAPES'],
  each: 'canary',
  check(canary, report, world) {
    for (const metric of canary.metrics) {
      // Prometheus' own templates only: other providers have no scrapes.
      if (metric.intervalSeconds === undefined || metric.providerType !== 'prometheus') continue;
      const own = jobIntervalOf(world, canary, metric);
      const scrape = own ? ({ value: own.seconds, certainty: 'known' } as const) : world.scrapeInterval;
      const note = own ? ` (${own.entry.kind} "${own.entry.name}")` : factNote(world.scrapeInterval);
      const scrapes = metric.intervalSeconds / scrape.value;
      if (scrapes >= 4) continue;
      if (!metric.builtin && !usesInterval(metric.query, metric.rendered?.text, metric.interval)) continue;
      const needed = (count: number) => `${Math.ceil(scrape.value * count)}s`;
      report(canary, {
        pointer: metric.raw.interval === undefined ? metric.pointer : `${metric.pointer}/interval`,
        // An assumption alone must not stop anybody.
        severity: scrapes < 2 && scrape.certainty !== 'assumed' ? 'error' : 'warning',
        message: `the metric "${metric.name}" of Canary "${canary.name}" looks back ${metric.interval}, and Prometheus scrapes every ${scrape.value} s${note}: ${scrapes < 2 ? 'the window holds one sample at most, so there is no rate' : 'one late scrape leaves it without a rate'}`,
        edits: [{ pointer: `${metric.pointer}/interval`, value: needed(4) }],
        fix: `set the interval of "${metric.name}" to ${needed(4)} or more (${needed(2)} is the least), or scrape more often`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a window of one scrape',
        manifests: [
          deployment('frontend'),
          canary('frontend', { analysis: { metrics: [{ ...successRate, interval: '20s' }] } }),
        ],
        facts: { scrapeInterval: '15s' },
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/metrics/0/interval',
            severity: 'error',
            message:
              'the metric "request-success-rate" of Canary "frontend" looks back 20s, and Prometheus scrapes every 15 s (stated: Prometheus scrapes every 15 s): the window holds one sample at most, so there is no rate',
          },
        ],
      },
      {
        name: 'a window of three scrapes, in a template',
        manifests: [
          deployment('frontend'),
          metricTemplate('errors', 'sum(rate(errors_total{app="{{ target }}"}[{{ interval }}]))'),
          canary('frontend', {
            analysis: { metrics: [{ name: 'errors', interval: '45s', templateRef: { name: 'errors' } }] },
          }),
        ],
        facts: { scrapeInterval: '15s' },
        expect: [{ object: 'Canary shop/frontend', severity: 'warning' }],
      },
    ],
    good: [
      {
        name: 'a window of four scrapes',
        manifests: [deployment('frontend'), canary('frontend')],
        facts: { scrapeInterval: '15s' },
      },
      {
        name: 'a template with a window of its own',
        manifests: [
          deployment('frontend'),
          metricTemplate('errors', 'sum(rate(errors_total[5m]))'),
          canary('frontend', {
            analysis: { metrics: [{ name: 'errors', interval: '15s', templateRef: { name: 'errors' } }] },
          }),
        ],
        facts: { scrapeInterval: '15s' },
      },
    ],
  }),
});

/** Whether the metric's interval becomes the window of a rate. */
function usesInterval(query: string | undefined, rendered: string | undefined, interval: string): boolean {
  if (!query?.includes('interval') || rendered === undefined) return false;
  const wanted = parseGoDuration(interval);
  return parsePromql(rendered).selectors.some(({ range }) => {
    const found = parseGoDuration(range ?? '');
    return found.ok && wanted.ok && found.value === wanted.value;
  });
}
