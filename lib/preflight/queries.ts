import type { CanaryView, Entry, MetricView, World } from '../world';

/** A query that Flagger asks Prometheus, as it is rendered for one Canary. */
export interface JudgedQuery {
  readonly text: string;
  readonly canary: CanaryView;
  readonly metric: MetricView;
  /** The object in which the query is written. */
  readonly entry: Entry;
  /** Where in it. One of a MetricTemplate, which many Canaries share, is wrong once. */
  readonly place: { readonly pointer: string; readonly about: CanaryView; readonly once: boolean };
}

/** Whose a query is, for people: `MetricTemplate "errors"`, `the metric "errors"`. */
export function ownerOf({ template, name }: MetricView): string {
  return template ? `MetricTemplate "${template.name}"` : `the metric "${name}"`;
}

/** Every query for Prometheus, Canary by Canary. */
export function judgedQueries(world: World): JudgedQuery[] {
  const found: JudgedQuery[] = [];
  for (const canary of world.canaries())
    for (const metric of canary.metrics) {
      const text = metric.rendered?.text;
      if (text === undefined || metric.providerType !== 'prometheus') continue;
      const { template, pointer } = metric;
      const place = template
        ? { pointer: '/spec/query', about: canary, once: true }
        : { pointer: `${pointer}/query`, about: canary, once: false };
      found.push({ text, canary, metric, entry: template ?? canary.entry, place });
    }
  return found;
}
