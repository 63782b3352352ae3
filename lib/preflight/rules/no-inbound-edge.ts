import { isFields } from '../../kube';
import { caller, canary, deployment, flaggerRelease, loadTest, service } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'no-inbound-edge',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'A metric of requests has values only when there are requests. If no workload has the address of the Service, no gateway routes to it and no webhook sends load, nothing reaches the canary, and each check ends with "Halt advancement no values found for istio metric … probably … is not receiving traffic" until the rollout is rolled back.',
  cause: 'without requests the query of the metric has no values, and Flagger counts that as a failed check',
  source: [
    'fluxcd/flagger v1.44 pkg/controller/scheduler_metrics.go',
    'fluxcd/flagger v1.44 pkg/metrics/providers/prometheus.go',
    'fluxcd/flagger v1.44 docs/gitbook/usage/webhooks.md',
  ],
  codes: ['NO_INBOUND_EDGE'],
  restsOn: ['provider', 'namespace'],
  comesLast: true,
  each: 'canary',
  check(canary, report, world) {
    if (canary.skipAnalysis || canary.isSuspended || canary.requestsPerSecond) return;
    // Other providers' routes and ingresses (APISIX, Traefik, nginx) are named by reference.
    if (['routeRef', 'ingressRef', 'upstreamRef'].some((field) => isFields(canary.spec[field]))) return;
    // Knative gives its Service a host of its own.
    if (canary.provider.value === 'knative') return;
    const metric = canary.builtinMetrics[0];
    if (!metric) return;
    const isReached = [...canary.inbound, ...canary.inboundToCanary].some(
      (edge) => edge.workload?.entry !== canary.target?.entry || edge.via !== 'workload',
    );
    if (isReached) return;
    // A caller may have the address in its code or in a file that is not here, or be in other manifests.
    const isKnown = world.facts.knowsAllCalls === true && canary.target !== undefined;
    report(canary, {
      pointer: metric.pointer,
      severity: isKnown ? 'error' : 'warning',
      message: isKnown
        ? `nothing sends requests to "${canary.apexName}" of Canary "${canary.name}": no workload calls it, no route of a gateway leads to it, and no webhook of the analysis sends load; the metric "${metric.name}" will have no values`
        : `no caller of "${canary.apexName}" of Canary "${canary.name}" is known: no workload has its address where it can be seen, no route of a gateway leads to it, and no webhook of the analysis sends load; without requests the metric "${metric.name}" has no values`,
      fix: `say who calls it: in a catalog "calls" of the callers, or traffic.requestsPerSecond; in manifests the annotation aviary.dev/calls: ${canary.apexName} on the caller, or requestsPerSecond; if nobody does, add a load test (in a catalog canary.loadTest; in manifests a webhook of type rollout that sends load to http://${canary.canaryName}.${canary.namespace}:${canary.port ?? 80}/), or replace the metrics by a webhook that tests the canary`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a worker that nobody calls, where all calls are known',
        manifests: [flaggerRelease(), deployment('worker'), canary('worker')],
        facts: { knowsAllCalls: true },
        expect: [
          {
            object: 'Canary shop/worker',
            severity: 'error',
            pointer: '/spec/analysis/metrics/0',
            message:
              'nothing sends requests to "worker" of Canary "worker": no workload calls it, no route of a gateway leads to it, and no webhook of the analysis sends load; the metric "request-success-rate" will have no values',
          },
        ],
      },
      {
        name: 'a service whose caller has the address in its code',
        manifests: [flaggerRelease(), deployment('details'), deployment('productpage'), canary('details')],
        expect: [
          {
            object: 'Canary shop/details',
            severity: 'warning',
            message:
              'no caller of "details" of Canary "details" is known: no workload has its address where it can be seen, no route of a gateway leads to it, and no webhook of the analysis sends load; without requests the metric "request-success-rate" has no values',
          },
        ],
      },
      {
        name: 'an application alone: the callers may be in other manifests',
        manifests: [deployment('worker'), canary('worker')],
        expect: [{ object: 'Canary shop/worker', severity: 'warning' }],
      },
      {
        name: 'a Canary alone: the callers may be in other manifests',
        manifests: [canary('worker')],
        expect: [{ object: 'Canary shop/worker', severity: 'warning' }],
      },
      {
        name: 'an HTTPProxy of Contour, whose routes are not read, may lead to it',
        manifests: [flaggerRelease(), deployment('cart'), canary('cart', { spec: { provider: 'contour' } })],
        expect: [{ object: 'Canary shop/cart', severity: 'warning' }],
      },
    ],
    good: [
      {
        name: 'the caller says so',
        manifests: [
          deployment('details'),
          service('details'),
          deployment('productpage', { metadata: { annotations: { 'aviary.dev/calls': 'reviews, details' } } }),
          canary('details'),
        ],
        facts: { knowsAllCalls: true },
      },
      {
        name: 'the route of an APISIX is named by the Canary',
        manifests: [deployment('cart'), canary('cart', { spec: { provider: 'apisix', routeRef: { name: 'cart' } } })],
      },
      {
        name: 'another workload has the address',
        manifests: [deployment('cart'), service('cart'), canary('cart'), caller('frontend', 'cart:80')],
      },
      {
        name: 'a load test sends requests to the canary',
        manifests: [deployment('cart'), canary('cart', { analysis: { webhooks: [loadTest('cart-canary.shop')] } })],
      },
      {
        name: 'the Canary enters by a gateway',
        manifests: [
          deployment('web'),
          canary('web', { service: { gateways: ['shop/public'], hosts: ['shop.example'] } }),
        ],
      },
      {
        name: 'callers outside the manifests are stated',
        manifests: [deployment('cart'), canary('cart')],
        facts: { requestsPerSecond: { 'shop/cart': 20 } },
      },
      {
        name: 'a worker is judged by a webhook alone',
        manifests: [deployment('worker'), canary('worker', { analysis: { metrics: [] } })],
      },
    ],
  }),
});
