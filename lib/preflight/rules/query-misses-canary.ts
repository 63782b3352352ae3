import { type Provider, providerOf } from '../../flagger';
import type { CanaryView } from '../../world';
import { canary, deployment, metricTemplate } from '../case-manifests';
import { type PromqlSelector, parsePromql } from '../promql';
import { ownerOf } from '../queries';
import { rule } from '../rule';

type Matcher = PromqlSelector['matchers'][number];

/** Labels whose value is a Service of Kubernetes: by Istio, ingress-nginx, and the operator of Prometheus. */
const serviceLabels = new Set([
  'destination_service',
  'destination_service_name',
  'exported_service',
  'kubernetes_service',
]);
/** Labels that may also have the name by which an application calls itself: those of an ingress name the namespace too. */
const looseLabels = new Set(['backend', 'host', 'service', 'service_name', 'upstream']);
/** Labels in which a name is no name of a workload or a Service. */
const otherLabels = /route|ingress|path|uri|job|namespace|instance/;

const metrics = [{ name: 'errors', interval: '1m', templateRef: { name: 'errors' }, thresholdRange: { max: 1 } }];
const judged = (query: string, provider = 'istio') => [
  deployment('cart'),
  metricTemplate('errors', query),
  canary('cart', { spec: { provider }, analysis: { metrics } }),
];

export default rule({
  id: 'query-misses-canary',
  severity: 'warning',
  effect: 'wrong',
  since: '0.3.0',
  why: 'While a rollout runs requests go to the Services with -primary and -canary, and these names are what proxies, ingresses and Prometheus write into their labels. A query that asks for the Service of the callers, or for the name of an upstream without -canary, has no values there, or counts the primary: the canary is judged by what it did not do.',
  cause: 'requests of the canary are counted under the name of its own Service, with -canary',
  source: [
    'fluxcd/flagger v1.44 pkg/metrics/observers (nginx.go, traefik.go, gloo.go, contour.go)',
    'fluxcd/flagger v1.44 pkg/router/kubernetes_default.go (Initialize)',
    'fluxcd/flagger issues 795 and 839',
  ],
  codes: [],
  each: 'query',
  check(query, report) {
    const { text, canary, metric } = query;
    const { apexName, canaryName, targetRef } = canary;
    if (apexName === '' || targetRef.name === '' || targetRef.kind === 'Service') return;
    const matchers = parsePromql(text).selectors.flatMap((selector) => selector.matchers);
    const apex = matchers.find((matcher) => isOfApex(matcher, canary));
    if (!apex || matchers.some((matcher) => isOfCanary(matcher, canary))) return;
    report(query, {
      ...query.place,
      message: `the query of ${ownerOf(metric)} asks for ${apex.label}${apex.op}"${apex.value}": what Canary "${canary.name}" judges is counted under the name of "${canaryName}"`,
      fix: `write {{ service }}-canary in place of ${apex.value.includes(apexName) ? apexName : targetRef.name} in the value of ${apex.label}`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'the name of the Service in a query for an ingress',
        manifests: judged('sum(rate(http_errors_total{route="shop.cart",service="shop.cart.80"}[{{ interval }}]))'),
        expect: [
          {
            object: 'MetricTemplate shop/errors',
            pointer: '/spec/query',
            message:
              'the query of MetricTemplate "errors" asks for service="shop.cart.80": what Canary "cart" judges is counted under the name of "cart-canary"',
          },
        ],
      },
      {
        name: 'the name of an upstream without -canary',
        manifests: judged(
          'sum(rate(envoy_cluster_upstream_rq{envoy_cluster_name=~"{{ namespace }}-{{ target }}"}[{{ interval }}]))',
          'gloo',
        ),
        expect: [
          {
            object: 'MetricTemplate shop/errors',
            message:
              'the query of MetricTemplate "errors" asks for envoy_cluster_name=~"shop-cart": what Canary "cart" judges is counted under the name of "cart-canary"',
          },
        ],
      },
    ],
    good: [
      {
        name: 'the Service of the canary',
        manifests: judged('sum(rate(http_errors_total{service="{{ service }}-canary"}[{{ interval }}]))'),
      },
      {
        name: 'the workload beside the Service',
        manifests: judged(
          'sum(rate(errors_total{destination_service_name="cart",destination_workload="{{ target }}"}[{{ interval }}]))',
        ),
      },
      {
        name: 'an upstream of the canary',
        manifests: judged(
          'sum(rate(envoy_cluster_upstream_rq{envoy_cluster_name=~"{{ namespace }}-{{ target }}-canary.+"}[{{ interval }}]))',
          'gloo',
        ),
      },
      {
        name: 'the name by which the application calls itself',
        manifests: judged('sum(rate(errors_total{service="cart"}[{{ interval }}]))'),
      },
      { name: 'another Service', manifests: judged('sum(rate(errors_total{service="payments"}[{{ interval }}]))') },
    ],
  }),
});

/** Whether a series of the canary can be meant: by its own Service, or by the workload or its pods. */
function isOfCanary({ label, op, value }: Matcher, { canaryName, targetRef, provider }: CanaryView): boolean {
  if (op.startsWith('!')) return false;
  if (value.includes(canaryName) || value.includes('canary')) return true;
  const isOfWorkload =
    !serviceLabels.has(label) &&
    !looseLabels.has(label) &&
    !otherLabels.test(label) &&
    !upstreamLabels(providerOf(provider.value)).has(label);
  return isOfWorkload && value.includes(targetRef.name);
}

/** Whether it names the Service of the callers, or an upstream that is not the canary's. */
function isOfApex({ label, op, value }: Matcher, { apexName, namespace, targetRef, provider }: CanaryView): boolean {
  if (op.startsWith('!') || /[*+?|\\()[\]]/.test(value)) return false;
  const parts = value.split(/[^\w-]+/);
  if (serviceLabels.has(label)) return parts.includes(apexName);
  if (looseLabels.has(label) && !upstreamLabels(providerOf(provider.value)).has(label))
    return apexName !== namespace && parts.includes(apexName) && parts.includes(namespace);
  return upstreamLabels(providerOf(provider.value)).has(label) && value.includes(targetRef.name);
}

/** Labels in which the provider's counters have a name that ends with -canary. */
function upstreamLabels({ builtin }: Provider): ReadonlySet<string> {
  return new Set(
    Object.entries(builtin?.labels ?? {}).flatMap(([label, value]) => (value.includes('-canary') ? [label] : [])),
  );
}
