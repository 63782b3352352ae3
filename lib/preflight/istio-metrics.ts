import { remembered } from '../kube';
import type { CanaryView, MetricView } from '../world';

/** Whose count of requests a query asks for; thousands of Canaries share a template. */
const counterOf = remembered((query: string) => {
  if (!/istio_request/.test(query)) return 'nobody';
  return /reporter\s*=~?\s*"(source|waypoint)"/.test(query) ? 'callers' : 'receiver';
});

/** The first metric whose values Istio's sidecars count on the receiving side: a built-in one, or a template that asks so. */
export function requestMetric(canary: CanaryView): MetricView | undefined {
  if (canary.skipAnalysis || canary.isSuspended) return undefined;
  return canary.metrics.find(
    ({ builtin, query }) =>
      (builtin !== undefined && canary.isIstio) || (query !== undefined && counterOf(query) === 'receiver'),
  );
}

/**
 * The first metric that counts requests to this Canary in Istio, whoever counts them: its sidecars, those of its callers, or
 * a waypoint of ambient mode. It has no value while no request comes.
 */
export function countedMetric(canary: CanaryView): MetricView | undefined {
  if (canary.skipAnalysis || canary.isSuspended) return undefined;
  return (
    requestMetric(canary) ??
    canary.metrics.find(
      ({ query, rendered }) =>
        query !== undefined &&
        counterOf(query) !== 'nobody' &&
        rendered?.text?.includes(canary.targetRef.name) === true,
    )
  );
}
