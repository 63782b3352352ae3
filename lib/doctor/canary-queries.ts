import { providerOf, renderQuery } from '../flagger';
import { textAt } from '../kube';
import { parsePromql } from '../preflight';
import type { CanaryView, World } from '../world';

/** A query that Flagger asks Prometheus in every check of a Canary. */
export interface CanaryQuery {
  readonly metric: string;
  /** Of the Prometheus that is asked. */
  readonly address: string;
  readonly query: string;
  /** The same for the primary, which runs all the time: what real calls give. Undefined where the query names no workload. */
  readonly ofPrimary?: string;
  /** The window of the query, as written. */
  readonly interval: string;
}

/** The queries of a Canary's metrics as Flagger renders them, the ones that it brings among them; those of other stores are left out. */
export function canaryQueries(canary: CanaryView, world: World): CanaryQuery[] {
  const { builtin } = providerOf(canary.provider.value);
  const server = textAt(canary.spec, 'metricsServer') || world.flagger.metricsServer.value;
  return canary.metrics.flatMap((metric): CanaryQuery[] => {
    if (metric.providerType !== 'prometheus') return [];
    const isBuiltin = metric.kind === 'builtin';
    const template = isBuiltin
      ? metric.name === 'request-duration'
        ? builtin?.duration
        : builtin?.successRate
      : metric.query;
    if (template === undefined) return [];
    const render = (target: string): string | undefined => {
      const { text } = renderQuery(template, {
        name: metric.name,
        namespace: canary.namespace,
        target,
        service: canary.apexName,
        ingress: textAt(canary.spec, 'ingressRef', 'name') ?? canary.targetRef.name,
        route: textAt(canary.spec, 'routeRef', 'name') ?? canary.targetRef.name,
        interval: metric.interval,
        variables: metric.variables,
      });
      return text?.replaceAll(/\s+/g, ' ').trim();
    };
    const query = isBuiltin ? render(canary.targetRef.name) : metric.rendered?.text?.replaceAll(/\s+/g, ' ').trim();
    if (query === undefined) return [];
    const ofPrimary = render(`${canary.targetRef.name}-primary`);
    return [
      {
        metric: metric.name,
        address: textAt(metric.template?.object, 'spec', 'provider', 'address') || server,
        query,
        ...(ofPrimary === undefined || ofPrimary === query ? {} : { ofPrimary }),
        interval: metric.interval,
      },
    ];
  });
}

/** Names of the series that a query reads. */
export function seriesNames(query: string): string[] {
  return [...new Set(parsePromql(query).selectors.flatMap(({ metric }) => metric ?? []))];
}
