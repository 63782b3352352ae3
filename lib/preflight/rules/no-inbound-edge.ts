import { isFields } from '../../kube';
import { caller, canary, deployment, flaggerRelease, loadTest, service } from '../case-manifests';
import { rule } from '../rule';

const ownRoutes = new Set([
  'contour',
  'gloo',
  'traefik',
  'skipper',
  'nginx',
  'apisix',
  'kuma',
  'appmesh',
  'appmesh:v1beta2',
]);

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
  check(world, report) {
    for (const canary of world.canaries()) {
      if (canary.skipAnalysis || canary.isSuspended || canary.requestsPerSecond) continue;
      // Other providers' routes and ingresses (APISIX, Traefik, nginx) are named by reference.
      if (['routeRef', 'ingressRef', 'upstreamRef'].some((field) => isFields(canary.spec[field]))) continue;
      const metric = canary.builtinMetrics[0];
      if (!metric) continue;
      const isReached = [...canary.inbound, ...canary.inboundToCanary].some(
        (edge) => edge.workload?.entry !== canary.target?.entry || edge.via !== 'workload',
      );
      if (isReached) continue;
      report(canary, {
        pointer: metric.pointer,
        // Manifests of an application alone are a part of what the cluster holds: the callers may be in the rest.
        // Routes of these providers' own kinds are not read: one of them may lead to it.
        severity: canary.target && world.flagger.entry && !ownRoutes.has(canary.provider.value) ? 'error' : 'warning',
        message: `nothing sends requests to "${canary.apexName}" of Canary "${canary.name}": no workload has its address, no route of a gateway leads to it, and no webhook of the analysis sends load; the metric "${metric.name}" will have no values`,
        fix: `add a webhook of type rollout to Canary "${canary.name}" that sends load to http://${canary.canaryName}.${canary.namespace}:${canary.port ?? 80}/, or replace the metrics by a webhook that tests the canary, or state requestsPerSecond if callers outside the manifests use it`,
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'a worker that nobody calls',
        manifests: [flaggerRelease(), deployment('worker'), canary('worker')],
        expect: [
          {
            object: 'Canary shop/worker',
            severity: 'error',
            pointer: '/spec/analysis/metrics/0',
            message:
              'nothing sends requests to "worker" of Canary "worker": no workload has its address, no route of a gateway leads to it, and no webhook of the analysis sends load; the metric "request-success-rate" will have no values',
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
  },
});
