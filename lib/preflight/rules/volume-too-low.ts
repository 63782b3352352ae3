import { remembered } from '../../kube';
import type { CanaryView, MetricView } from '../../world';
import { factNote } from '../../world';
import { canary, deployment, loadTest, metricTemplate } from '../case-manifests';
import { countedMetric } from '../istio-metrics';
import { rule } from '../rule';

/** Requests a second that reach the canary at a weight, all known sources together. */
function rateAt(canary: CanaryView, weightPercent: number, organic: number): number {
  const share = canary.analysis.strategy === 'canary' ? weightPercent / 100 : 0;
  return canary.loadTests.reduce((sum, { test, hits, webhook }) => {
    const rate = webhook.type === 'rollout' ? (test.requestsPerSecond ?? Number.POSITIVE_INFINITY) : 0;
    if (hits === undefined || hits === 'canary') return sum + rate;
    return hits === 'apex' || hits === 'gateway' ? sum + rate * share : sum;
  }, organic * share);
}

/** How many requests one error may stand among so that the metric still passes: 100 for a minimum of 99 %. */
function neededFor({ min, builtin, query }: MetricView): number | undefined {
  const isShare = builtin === 'request-success-rate' || (query !== undefined && isPercentage(query));
  if (!isShare || min === undefined || min <= 1 || min >= 100) return undefined;
  return 100 / (100 - min);
}

/** A quotient times 100, as queries of success rates are written. */
const isPercentage = remembered(
  (query: string) => query.includes('/') && /(\*\s*100(\.0*)?|\b100(\.0*)?\s*\*)(?![\d.])/.test(query),
);

const grpcShare = `sum(rate(istio_requests_total{reporter="destination",destination_workload="{{ target }}",grpc_response_status="0"}[{{ interval }}])) / sum(rate(istio_requests_total{reporter="destination",destination_workload="{{ target }}"}[{{ interval }}])) * 100`;
const grpcMetric = (name: string) => ({ name, templateRef: { name }, thresholdRange: { min: 99 }, interval: '1m' });

const round = (value: number) => (value >= 10 ? Math.round(value) : Math.round(value * 10) / 10);

export default rule({
  id: 'volume-too-low',
  severity: 'warning',
  effect: 'fails',
  since: '0.1.0',
  why: 'At its first weight the canary gets a small share of the requests. If that is less than some three in the window of the metric, a window without any is likely: 0 / 0 is no number, and Flagger says that the workload "is not receiving traffic". If it is less than 100 for a minimum of 99 %, a single error fails the check.',
  cause: 'the weight times the traffic of the service leaves too few requests in the window of the metric',
  source: [
    'fluxcd/flagger v1.44 pkg/controller/scheduler_metrics.go',
    'fluxcd/flagger v1.44 pkg/metrics/providers/prometheus.go',
  ],
  codes: ['VOLUME_TOO_LOW', 'STEP1_GRANULARITY', 'LOADTEST_MISSING'],
  echoOf: ['no-inbound-edge', 'interval-lt-2-scrapes'],
  each: 'canary',
  check(canary, report, world) {
    const scrape = world.scrapeInterval.value;

    const [weight] = canary.analysis.weightsPercent;
    const organic = canary.requestsPerSecond;
    const metric = countedMetric(canary);
    if (weight === undefined || !metric || !organic) return;
    // A rate sees the increase between its first and its last sample.
    const seconds = (metric.intervalSeconds ?? 0) - scrape;
    const requests = rateAt(canary, weight, organic.value) * seconds;
    if (seconds <= 0 || !Number.isFinite(requests)) return;
    const needed = neededFor(metric);
    const silent = Math.exp(-requests);
    if (silent < 0.05 && (needed === undefined || requests >= needed)) return;
    report(canary, {
      pointer: `${canary.analysisPointer}/${canary.analysis.stepWeights ? 'stepWeights' : 'stepWeight'}`,
      severity: silent >= 0.05 ? 'error' : 'warning',
      message:
        silent >= 0.05
          ? `at ${weight} % Canary "${canary.name}" gets ${round(requests)} requests in the ${seconds} s that "${metric.name}" sees${factNote(organic)}: with a chance of ${Math.round(silent * 100)} % none at all, and then the metric has no value`
          : `at ${weight} % Canary "${canary.name}" gets ${round(requests)} requests in the ${seconds} s that "${metric.name}" sees${factNote(organic)}: one error is ${round(100 / requests)} %, and the minimum is ${metric.min}`,
      // Load in the same ratio would only hide the errors (load-hides-failures).
      fix:
        silent >= 0.05
          ? `add a webhook of type rollout that sends load to http://${canary.canaryName}.${canary.namespace}:${canary.port ?? 80}/ and a metric that judges real calls without it, or begin with a greater weight, or set the interval of "${metric.name}" and of the analysis to more than ${metric.interval}`
          : `begin with a greater weight, or set the interval of "${metric.name}" and of the analysis to more than ${metric.interval}`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a success rate of gRPC, which a template asks for',
        manifests: [
          deployment('cart'),
          metricTemplate('grpc-success-rate', grpcShare),
          canary('cart', { analysis: { metrics: [grpcMetric('grpc-success-rate')] } }),
        ],
        facts: { requestsPerSecond: { 'shop/cart': 10 } },
        expect: [
          {
            object: 'Canary shop/cart',
            severity: 'warning',
            message:
              'at 10 % Canary "cart" gets 45 requests in the 45 s that "grpc-success-rate" sees (stated: shop/cart gets 10 requests a second): one error is 2.2 %, and the minimum is 99',
          },
        ],
      },
      {
        name: 'a service with a request every twenty seconds',
        manifests: [
          deployment('cart'),
          canary('cart', { metadata: { annotations: { 'aviary.dev/requests-per-second': '0.05' } } }),
        ],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/stepWeight',
            severity: 'error',
            message:
              'at 10 % Canary "cart" gets 0.2 requests in the 45 s that "request-success-rate" sees: with a chance of 80 % none at all, and then the metric has no value',
          },
        ],
      },
      {
        name: 'enough for a value, too few for 99 %',
        manifests: [deployment('cart'), canary('cart')],
        facts: { requestsPerSecond: { 'shop/cart': 10 } },
        expect: [
          {
            object: 'Canary shop/cart',
            severity: 'warning',
            message:
              'at 10 % Canary "cart" gets 45 requests in the 45 s that "request-success-rate" sees (stated: shop/cart gets 10 requests a second): one error is 2.2 %, and the minimum is 99',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a template that is no share',
        manifests: [
          deployment('cart'),
          metricTemplate('errors', grpcShare.replace(' * 100', '')),
          canary('cart', { analysis: { metrics: [grpcMetric('errors')] } }),
        ],
        facts: { requestsPerSecond: { 'shop/cart': 10 } },
      },
      {
        name: 'a load test at the canary fills the gap',
        manifests: [deployment('cart'), canary('cart', { analysis: { webhooks: [loadTest('cart-canary.shop')] } })],
        facts: { requestsPerSecond: { 'shop/cart': 0.05 } },
      },
      {
        name: 'a busy service',
        manifests: [deployment('cart'), canary('cart')],
        facts: { requestsPerSecond: { 'shop/cart': 100 } },
      },
      { name: 'nobody said how much traffic there is', manifests: [deployment('cart'), canary('cart')] },
    ],
  }),
});
