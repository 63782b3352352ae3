import { canary, deployment, metricTemplate } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'template-named-like-builtin',
  severity: 'warning',
  effect: 'fails',
  since: '0.1.0',
  why: 'Flagger runs its own query for every metric that is named request-success-rate or request-duration, and then the templates. A metric of that name with a templateRef runs both, against the same bounds: where the built-in query has no values (gRPC, Gateway API, ambient, no mesh) the rollout fails although the template is right.',
  cause: 'the name alone makes Flagger ask its own query too',
  source: ['fluxcd/flagger v1.44 pkg/controller/scheduler_metrics.go (runBuiltinMetricChecks, runMetricChecks)'],
  codes: ['TEMPLATE_NAMED_LIKE_BUILTIN'],
  each: 'canary',
  check(canary, report) {
    for (const metric of canary.metrics) {
      if (!metric.builtin || metric.kind !== 'template') continue;
      report(canary, {
        pointer: `${metric.pointer}/name`,
        severity: canary.isGatewayApi || canary.isKubernetes ? 'error' : 'warning',
        message: `the metric "${metric.name}" of Canary "${canary.name}" has the name of a built-in metric: Flagger asks its own query beside MetricTemplate "${metric.templateRef?.name}"`,
        fix: `rename the metric, for example to "${metric.name.replace('request-', '')}"`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a template for the success rate',
        manifests: [
          deployment('cart'),
          metricTemplate('grpc', 'up'),
          canary('cart', {
            analysis: { metrics: [{ name: 'request-success-rate', interval: '1m', templateRef: { name: 'grpc' } }] },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/metrics/0/name',
            message:
              'the metric "request-success-rate" of Canary "cart" has the name of a built-in metric: Flagger asks its own query beside MetricTemplate "grpc"',
          },
        ],
      },
    ],
    good: [
      { name: 'the built-in metric itself', manifests: [deployment('cart'), canary('cart')] },
      {
        name: 'a name of its own',
        manifests: [
          deployment('cart'),
          metricTemplate('grpc', 'up'),
          canary('cart', {
            analysis: { metrics: [{ name: 'success-rate', interval: '1m', templateRef: { name: 'grpc' } }] },
          }),
        ],
      },
    ],
  }),
});
