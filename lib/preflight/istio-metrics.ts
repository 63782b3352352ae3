import type { CanaryView, MetricView } from '../world';

/** The first metric whose values Istio's sidecars count on the receiving side: a built-in one, or a template that asks so. */
export function requestMetric(canary: CanaryView): MetricView | undefined {
  if (canary.skipAnalysis || canary.isSuspended) return undefined;
  return canary.metrics.find(
    ({ builtin, query }) =>
      (builtin !== undefined && canary.isIstio) ||
      (query !== undefined && /istio_request/.test(query) && !/reporter\s*=~?\s*"(source|waypoint)"/.test(query)),
  );
}
