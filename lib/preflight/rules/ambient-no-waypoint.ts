import { textMapAt } from '../../kube';
import type { CanaryView, World } from '../../world';
import { canary, deployment, metricTemplate, namespace } from '../case-manifests';
import { rule } from '../rule';

const WAYPOINT = 'istio.io/use-waypoint';
const INGRESS = 'istio.io/ingress-use-waypoint';

const template = metricTemplate(
  'errors',
  'sum(rate(istio_requests_total{reporter="waypoint",destination_workload="{{ target }}",response_code=~"5.*"}[{{ interval }}]))',
);
const measured = (service: object, gatewayRefs: readonly object[] = [{ group: '', kind: 'Service', name: 'cart' }]) =>
  canary('cart', {
    spec: { provider: 'gatewayapi:v1' },
    service: { gatewayRefs, ...service },
    analysis: {
      metrics: [{ name: 'errors', interval: '1m', templateRef: { name: 'errors' }, thresholdRange: { max: 1 } }],
    },
  });
const ambient = { 'istio.io/dataplane-mode': 'ambient' };

export default rule({
  id: 'ambient-no-waypoint',
  severity: 'warning',
  effect: 'fails',
  since: '0.3.0',
  why: 'In ambient mode requests are routed and counted by a waypoint alone, and traffic takes it only where the namespace or the Service has the label istio.io/use-waypoint. The Services that Flagger makes have the labels of spec.service.apex, primary and canary and no others. What comes in by a gateway passes the waypoint only with istio.io/ingress-use-waypoint on the Service to which the gateway sends, or on its namespace.',
  cause: 'without the label no waypoint sees the requests, and nobody counts them',
  source: ['istio.io/latest/docs/ambient/usage/waypoint', 'fluxcd/flagger v1.44 pkg/router/kubernetes_default.go'],
  codes: [],
  each: 'canary',
  check(canary, report, world) {
    const metric = canary.metrics.find(
      ({ query }) => query !== undefined && /reporter\s*=~?\s*"[^"]*waypoint/.test(query),
    );
    if (!metric || !canary.target?.injection.ambient) return;
    const missing = missingLabel(world, canary);
    if (missing === undefined) return;
    report(canary, {
      pointer: '/spec/service',
      message:
        missing === WAYPOINT
          ? `the metric "${metric.name}" of Canary "${canary.name}" asks a waypoint, and neither Namespace "${canary.namespace}" nor the Services that Flagger makes have the label ${WAYPOINT}: no waypoint sees the requests`
          : `the requests to Canary "${canary.name}" come in by a gateway, and neither Namespace "${canary.namespace}" nor the Services that Flagger makes have the label ${INGRESS}: they pass by the waypoint that the metric "${metric.name}" asks`,
      fix:
        missing === WAYPOINT
          ? `label Namespace "${canary.namespace}" with ${WAYPOINT}: <name of the waypoint>, or write the label into spec.service.apex.labels, primary.labels and canary.labels`
          : `label Namespace "${canary.namespace}" with ${INGRESS}: "true", or write the label into spec.service.primary.labels and spec.service.canary.labels (and apex.labels)`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a namespace without the label',
        manifests: [namespace('shop', ambient), deployment('cart'), template, measured({})],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/service',
            message:
              'the metric "errors" of Canary "cart" asks a waypoint, and neither Namespace "shop" nor the Services that Flagger makes have the label istio.io/use-waypoint: no waypoint sees the requests',
          },
        ],
      },
      {
        name: 'requests come in by a gateway',
        manifests: [
          namespace('shop', { ...ambient, [WAYPOINT]: 'waypoint' }),
          deployment('cart'),
          template,
          measured({}, [{ name: 'public' }]),
        ],
        expect: [{ object: 'Canary shop/cart' }],
      },
    ],
    good: [
      {
        name: 'the namespace uses a waypoint',
        manifests: [
          namespace('shop', { ...ambient, [WAYPOINT]: 'waypoint' }),
          deployment('cart'),
          template,
          measured({}),
        ],
      },
      {
        name: 'the namespace sends what gateways bring to the waypoint',
        manifests: [
          namespace('shop', { ...ambient, [WAYPOINT]: 'waypoint', [INGRESS]: 'true' }),
          deployment('cart'),
          template,
          measured({}, [{ name: 'public' }]),
        ],
      },
      {
        name: 'the gateway sends to the waypoint',
        manifests: [
          namespace('shop', { ...ambient, [WAYPOINT]: 'waypoint' }),
          deployment('cart'),
          template,
          measured({ primary: { labels: { [INGRESS]: 'true' } }, canary: { labels: { [INGRESS]: 'true' } } }, [
            { name: 'public' },
          ]),
        ],
      },
    ],
  }),
});

/** The label that neither the namespace nor the Services have. */
function missingLabel(world: World, canary: CanaryView): string | undefined {
  const labels = world.given('Namespace', '', canary.namespace)?.labels ?? {};
  const has = (label: string) =>
    labels[label] !== undefined ||
    ['primary', 'canary'].every((role) => textMapAt(canary.service, role, 'labels')[label] !== undefined);
  if (!has(WAYPOINT)) return WAYPOINT;
  const isByGateway =
    canary.gatewayRefs.length > 0
      ? canary.gatewayRefs.every(({ kind }) => kind === undefined || kind === 'Gateway')
      : canary.gateways.every((gateway) => gateway !== 'mesh');
  return isByGateway && !has(INGRESS) ? INGRESS : undefined;
}
