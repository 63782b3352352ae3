import { providerOf, renderQuery } from '../flagger';
import { textAt } from '../kube';
import type { CanaryView } from '../world';

/** A query that Flagger asks Prometheus in every check of a Canary. */
export interface CanaryQuery {
  readonly metric: string;
  readonly query: string;
}

/** The queries of a Canary's metrics as Flagger renders them, the ones that it brings among them; those of other stores are left out. */
export function canaryQueries(canary: CanaryView): CanaryQuery[] {
  const { builtin } = providerOf(canary.provider.value);
  return canary.metrics.flatMap((metric): CanaryQuery[] => {
    if (metric.providerType !== 'prometheus') return [];
    if (metric.kind !== 'builtin') return queryOf(metric.name, metric.rendered?.text);
    const template = metric.name === 'request-duration' ? builtin?.duration : builtin?.successRate;
    if (template === undefined) return [];
    const { text } = renderQuery(template, {
      name: metric.name,
      namespace: canary.namespace,
      target: canary.targetRef.name,
      service: canary.apexName,
      ingress: textAt(canary.spec, 'ingressRef', 'name') ?? canary.targetRef.name,
      route: textAt(canary.spec, 'routeRef', 'name') ?? canary.targetRef.name,
      interval: metric.interval,
      variables: metric.variables,
    });
    return queryOf(metric.name, text);
  });
}

function queryOf(metric: string, query: string | undefined): CanaryQuery[] {
  return query === undefined ? [] : [{ metric, query: query.replaceAll(/\s+/g, ' ').trim() }];
}
