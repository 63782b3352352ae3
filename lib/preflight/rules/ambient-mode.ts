import { canary, deployment, metricTemplate, namespace } from '../case-manifests';
import { requestMetric } from '../istio-metrics';
import { rule } from '../rule';

const ambient = { 'istio.io/dataplane-mode': 'ambient' };

export default rule({
  id: 'ambient-mode',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'In ambient mode there are no sidecars. ztunnel forwards connections and counts no requests; a waypoint counts them with reporter="waypoint". The built-in queries ask for reporter="destination" and have no values.',
  cause: 'in ambient mode nobody counts requests with reporter="destination"',
  source: ['fluxcd/flagger v1.44 pkg/metrics/observers/istio.go', 'istio.io/latest/docs/ambient/usage/waypoint'],
  codes: ['AMBIENT_MODE'],
  each: 'canary',
  check(canary, report) {
    const metric = requestMetric(canary);
    const injection = canary.target?.injection;
    if (!metric || !injection?.ambient || injection.sidecar === 'yes') return;
    report(canary, {
      pointer: metric.pointer,
      message: `"${canary.targetRef.name}" is in ambient mode (${injection.reason}), where no sidecar counts requests: the metric "${metric.name}" of Canary "${canary.name}" will have no values`,
      fix: `give Namespace "${canary.namespace}" a waypoint, set the provider of the Canary to gatewayapi:v1, and replace "${metric.name}" by a MetricTemplate that asks for reporter="waypoint"`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a built-in metric in a namespace of ambient mode',
        manifests: [namespace('shop', ambient), deployment('frontend'), canary('frontend')],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/metrics/0',
            message:
              '"frontend" is in ambient mode (Namespace "shop" has the label istio.io/dataplane-mode=ambient), where no sidecar counts requests: the metric "request-success-rate" of Canary "frontend" will have no values',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a template that asks the waypoint',
        manifests: [
          namespace('shop', ambient),
          deployment('frontend'),
          metricTemplate('success', 'sum(rate(istio_requests_total{reporter="waypoint"}[{{ interval }}]))'),
          canary('frontend', {
            analysis: { metrics: [{ name: 'success', templateRef: { name: 'success' }, interval: '1m' }] },
          }),
        ],
      },
      { name: 'sidecars', manifests: [namespace(), deployment('frontend'), canary('frontend')] },
    ],
  }),
});
