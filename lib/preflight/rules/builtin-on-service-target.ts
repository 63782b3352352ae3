import { canary } from '../case-manifests';
import { rule } from '../rule';

const target = { targetRef: { apiVersion: 'v1', kind: 'Service', name: 'cart' } };

export default rule({
  id: 'builtin-on-service-target',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'With a Service as its target Flagger adds ":service" to the name of the provider. No built-in query belongs to that name, so the one of Istio is asked, with the name of the Service as that of the workload: it has no values, each check fails, and the rollout is rolled back.',
  cause: 'the built-in query looks for a workload of the name that the target has, and the target is a Service',
  source: [
    'fluxcd/flagger v1.44 pkg/controller/scheduler_metrics.go',
    'fluxcd/flagger v1.44 pkg/metrics/observers/factory.go',
  ],
  codes: ['BUILTIN_ON_SERVICE_TARGET'],
  each: 'canary',
  check(canary, report) {
    const metric = canary.builtinMetrics[0];
    // A Service of Knative has a provider and queries of its own.
    if (!metric || canary.skipAnalysis || canary.targetRef.kind !== 'Service') return;
    if (canary.targetRef.apiVersion.startsWith('serving.knative.dev') || canary.provider.value === 'knative') return;
    report(canary, {
      pointer: `${metric.pointer}/name`,
      message: `the metric "${metric.name}" of Canary "${canary.name}" asks for a workload "${canary.targetRef.name}", and the target is a Service: it has no values`,
      fix: `replace "${metric.name}" by a metric of another name with a templateRef to a MetricTemplate that selects the workload behind Service "${canary.targetRef.name}"`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a success rate for a Service',
        manifests: [canary('cart', { spec: target })],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/metrics/0/name',
            message:
              'the metric "request-success-rate" of Canary "cart" asks for a workload "cart", and the target is a Service: it has no values',
          },
        ],
      },
    ],
    good: [
      { name: 'a Deployment', manifests: [canary('cart')] },
      {
        name: 'a metric of its own',
        manifests: [
          canary('cart', {
            spec: target,
            analysis: { metrics: [{ name: 'errors', query: 'sum(errors)', thresholdRange: { max: 1 } }] },
          }),
        ],
      },
    ],
  }),
});
