import { remembered } from '../../kube';
import type { CanaryView, MetricView } from '../../world';
import { factNote } from '../../world';
import { canary, deployment, loadTest, metricTemplate, successRate } from '../case-manifests';
import { countedMetric } from '../istio-metrics';
import { rule } from '../rule';

/** Share of the real calls, from which on hiding is worth a word. */
const WORTH_A_WORD = 5;

/** A query that tells callers apart judges the load test by itself. */
const tellsCallersApart = remembered((query: string) =>
  /source_(workload|app|canonical_service|principal)/.test(query),
);

/** The metric whose ratio counts the load test and the real calls together. */
function mixedRatio(canary: CanaryView): MetricView | undefined {
  const metric = countedMetric(canary);
  if (!metric || metric.min === undefined || metric.min <= 1 || metric.min >= 100) return undefined;
  if (metric.builtin === 'request-success-rate') return metric;
  const { query } = metric;
  return query?.includes('/') && /\b100\b/.test(query) && !tellsCallersApart(query) ? metric : undefined;
}

/** Requests a second that the load test sends straight to the canary: all of them count there, whatever the weight. */
const loadOf = (canary: CanaryView): number =>
  canary.loadTests.reduce(
    (sum, { test, hits, webhook }) =>
      webhook.type === 'rollout' && (hits === undefined || hits === 'canary')
        ? sum + (test.requestsPerSecond ?? 0)
        : sum,
    0,
  );

const round = (value: number) => (value >= 10 ? Math.round(value) : Math.round(value * 10) / 10);

export default rule({
  id: 'load-hides-failures',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'A success rate counts all requests that reach the canary in one ratio. A load test that sends ten health checks a second to it outweighs the calls of real users, of which the canary gets its weight only: with a minimum of 99 %, one real call a second at a weight of 10 % may fail every time, and the canary is promoted.',
  cause: 'the requests of the load test outweigh the real ones in the ratio that judges the canary',
  source: [
    'fluxcd/flagger v1.44 pkg/metrics/observers/istio.go (request-success-rate)',
    'fluxcd/flagger v1.44 docs/gitbook/usage/webhooks.md (Load Testing)',
  ],
  codes: [],
  each: 'canary',
  check(canary, report) {
    const [weight] = canary.analysis.weightsPercent;
    const organic = canary.requestsPerSecond;
    const metric = mixedRatio(canary);
    const load = loadOf(canary);
    if (weight === undefined || !organic || !metric || load === 0 || canary.analysis.strategy !== 'canary') return;
    const real = (organic.value * weight) / 100;
    if (real <= 0) return;
    const allowed = 100 - metric.min!;
    const hidden = Math.min(100, (allowed * (load + real)) / real);
    if (hidden < allowed * WORTH_A_WORD) return;
    report(canary, {
      pointer: canary.analysisPointer,
      message: `at ${weight} % Canary "${canary.name}" gets ${round(real)} real calls a second${factNote(organic)} and ${round(load)} of its load test: ${hidden >= 100 ? 'all' : `up to ${round(hidden)} %`} of the real ones may fail, and "${metric.name}" still reaches ${metric.min} %`,
      fix: `judge the real calls by themselves: replace "${metric.name}" by a MetricTemplate whose query leaves the load tester out (source_workload!="flagger-loadtester"), and keep a second one for the load test`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'ten requests of the load test beside one real one',
        manifests: [
          deployment('cart'),
          canary('cart', { analysis: { webhooks: [loadTest('cart-canary.shop')], metrics: [successRate] } }),
        ],
        facts: { requestsPerSecond: { 'shop/cart': 1 } },
        expect: [
          {
            object: 'Canary shop/cart',
            message:
              'at 10 % Canary "cart" gets 0.1 real calls a second (stated: shop/cart gets 1 requests a second) and 10 of its load test: all of the real ones may fail, and "request-success-rate" still reaches 99 %',
          },
        ],
      },
      {
        name: 'gRPC, by a template',
        manifests: [
          deployment('cart'),
          metricTemplate(
            'grpc-ok',
            'sum(rate(istio_requests_total{reporter="destination",destination_workload="{{ target }}",grpc_response_status="0"}[{{ interval }}])) / sum(rate(istio_requests_total{reporter="destination",destination_workload="{{ target }}"}[{{ interval }}])) * 100',
          ),
          canary('cart', {
            analysis: {
              webhooks: [loadTest('cart-canary.shop')],
              metrics: [
                { name: 'grpc-ok', templateRef: { name: 'grpc-ok' }, thresholdRange: { min: 99 }, interval: '1m' },
              ],
            },
          }),
        ],
        facts: { requestsPerSecond: { 'shop/cart': 1 } },
        expect: [{ object: 'Canary shop/cart', severity: 'warning' }],
      },
    ],
    good: [
      {
        name: 'real calls outweigh the load test',
        manifests: [
          deployment('cart'),
          canary('cart', { analysis: { webhooks: [loadTest('cart-canary.shop')], metrics: [successRate] } }),
        ],
        facts: { requestsPerSecond: { 'shop/cart': 2000 } },
      },
      {
        name: 'the query tells callers apart',
        manifests: [
          deployment('cart'),
          metricTemplate(
            'real-calls',
            'sum(rate(istio_requests_total{reporter="destination",destination_workload="{{ target }}",source_workload!="flagger-loadtester",response_code!~"5.*"}[{{ interval }}])) / sum(rate(istio_requests_total{reporter="destination",destination_workload="{{ target }}",source_workload!="flagger-loadtester"}[{{ interval }}])) * 100',
          ),
          canary('cart', {
            analysis: {
              webhooks: [loadTest('cart-canary.shop')],
              metrics: [
                {
                  name: 'real-calls',
                  templateRef: { name: 'real-calls' },
                  thresholdRange: { min: 99 },
                  interval: '1m',
                },
              ],
            },
          }),
        ],
        facts: { requestsPerSecond: { 'shop/cart': 1 } },
      },
      {
        name: 'how many real calls there are, nobody says',
        manifests: [
          deployment('cart'),
          canary('cart', { analysis: { webhooks: [loadTest('cart-canary.shop')], metrics: [successRate] } }),
        ],
      },
    ],
  }),
});
