import type { CanaryLoadTest, CanaryView, MetricView } from '../../world';
import { caller, canary, deployment, loadTest, metricTemplate, service } from '../case-manifests';
import { hasOrganicTraffic, reaches } from '../cold-start';
import { countedMetric } from '../istio-metrics';
import { rule } from '../rule';

const called = (analysis: Readonly<Record<string, unknown>>) => [
  deployment('cart'),
  service('cart'),
  caller('frontend', 'cart:80'),
  canary('cart', { analysis: { stepWeight: undefined, maxWeight: undefined, iterations: 5, ...analysis } }),
];

const waypointErrors =
  'sum(rate(istio_requests_total{reporter="waypoint",destination_workload="{{ target }}",response_code=~"5.*"}[{{ interval }}]))';

export default rule({
  id: 'bluegreen-no-load',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'With iterations and without match a rollout is Blue/Green: all users stay at the primary until the canary has passed every check. So nothing but a load test sent to the Service with -canary (or mirror: true) gives the metrics of requests a value. Without one each check ends with "no values found", and the rollout is rolled back, however many users the service has.',
  cause: 'until the switch no request of a user reaches a Blue/Green canary',
  source: [
    'fluxcd/flagger v1.44 pkg/controller/scheduler.go (runBlueGreen)',
    'fluxcd/flagger v1.44 docs/gitbook/usage/deployment-strategies.md (Blue/Green)',
  ],
  codes: [],
  // What nobody calls at all is named by that rule.
  echoOf: ['no-inbound-edge', 'sidecar-not-injected', 'tcp-no-http-metrics'],
  each: 'canary',
  check(canary, report) {
    const { strategy, iterations } = canary.analysis;
    const metric = countedMetric(canary) ?? canaryServiceMetric(canary);
    if (strategy !== 'blue/green' || !metric || hasOrganicTraffic(canary)) return;
    // A load test may stand in a hook of any type, and what a command sends is not always seen.
    if (canary.loadTests.some((test) => (reaches(canary, test) || test.hits === 'other') && !byOwnHost(canary, test)))
      return;
    const opaque = canary.webhooks.find(
      ({ type, loadTests }) => (type === 'rollout' || type === 'pre-rollout') && loadTests.length === 0,
    );
    const other = canary.loadTests[0];
    report(canary, {
      pointer: other ? `${other.webhook.pointer}/metadata/cmd` : `${canary.analysisPointer}/iterations`,
      severity: opaque || !canary.target ? 'warning' : 'error',
      message: `Canary "${canary.name}" is Blue/Green (iterations: ${iterations}), and ${other ? `its load test "${other.webhook.name}" goes to ${other.test.host}, so to the primary` : opaque ? `none of its webhooks is known to send requests to "${canary.canaryName}"` : `no webhook sends requests to "${canary.canaryName}"`}: the metric "${metric.name}" has no values before the switch`,
      fix: other
        ? `send the load to http://${canary.canaryName}.${canary.namespace}:${canary.port ?? 80}/ in webhook "${other.webhook.name}"`
        : `add a webhook of type rollout with cmd: hey -z ${2 * canary.analysis.intervalSeconds}s -q 5 -c 2 http://${canary.canaryName}.${canary.namespace}:${canary.port ?? 80}/, and the same one of type pre-rollout`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'users call it, and no load test',
        manifests: called({}),
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/iterations',
            severity: 'error',
            message:
              'Canary "cart" is Blue/Green (iterations: 5), and no webhook sends requests to "cart-canary": the metric "request-success-rate" has no values before the switch',
          },
        ],
      },
      {
        name: 'the load goes to the Service of users',
        manifests: called({ webhooks: [loadTest('cart.shop')] }),
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/webhooks/0/metadata/cmd',
            severity: 'error',
            message:
              'Canary "cart" is Blue/Green (iterations: 5), and its load test "load-test" goes to cart.shop, so to the primary: the metric "request-success-rate" has no values before the switch',
          },
        ],
      },
      {
        name: 'a webhook of which nobody knows what it sends',
        manifests: called({ webhooks: [{ name: 'tests', type: 'rollout', url: 'http://tests.shop/' }] }),
        expect: [{ object: 'Canary shop/cart', severity: 'warning' }],
      },
      {
        name: 'in ambient mode, where a waypoint counts',
        manifests: [
          deployment('cart'),
          service('cart'),
          caller('frontend', 'cart:80'),
          metricTemplate('errors', waypointErrors),
          canary('cart', {
            service: { gatewayRefs: [{ group: '', kind: 'Service', name: 'cart', port: 80 }] },
            analysis: {
              stepWeight: undefined,
              maxWeight: undefined,
              iterations: 5,
              metrics: [
                { name: 'errors', templateRef: { name: 'errors' }, interval: '1m', thresholdRange: { max: 1 } },
              ],
            },
            spec: { provider: 'gatewayapi:v1' },
          }),
        ],
        expect: [{ object: 'Canary shop/cart', pointer: '/spec/analysis/iterations', severity: 'error' }],
      },
    ],
    good: [
      { name: 'a load test of the canary', manifests: called({ webhooks: [loadTest('cart-canary.shop')] }) },
      { name: 'the requests of users are mirrored', manifests: called({ mirror: true }) },
      { name: 'judged by a webhook alone', manifests: called({ metrics: [] }) },
      { name: 'weights', manifests: called({ iterations: undefined, stepWeight: 10, maxWeight: 50 }) },
    ],
  }),
});

/** A metric whose query names the Service with -canary, which only calls of that Service fill. */
function canaryServiceMetric(canary: CanaryView): MetricView | undefined {
  if (canary.skipAnalysis || canary.isSuspended) return undefined;
  return canary.metrics.find(({ rendered }) => new RegExp(`"${canary.canaryName}\\b`).test(rendered?.text ?? ''));
}

/** Load for a host of the Canary itself takes its route, which leads to the primary until the switch. */
function byOwnHost(canary: CanaryView, { test }: CanaryLoadTest): boolean {
  return canary.hosts.some((host) => host === test.headers.host || host === test.host);
}
