import type { CanaryView, MetricView, World } from '../world';
import type { Report, ReportFinding } from './rule';

/** A query that Flagger asks Prometheus, as it is rendered for one Canary. */
export interface JudgedQuery {
  readonly text: string;
  readonly canary: CanaryView;
  readonly metric: MetricView;
}

/** Whose a query is, for people: `MetricTemplate "errors"`, `the metric "errors"`. */
export function ownerOf({ template, name }: MetricView): string {
  return template ? `MetricTemplate "${template.name}"` : `the metric "${name}"`;
}

/**
 * Judges every query for Prometheus and reports those of which `judge` says something, where they are written. One of a
 * MetricTemplate, which many Canaries share, is wrong once.
 */
export function reportQueries(
  world: World,
  report: ReportFinding,
  judge: (query: JudgedQuery) => Omit<Report, 'pointer' | 'about'> | undefined,
): void {
  for (const canary of world.canaries())
    for (const metric of canary.metrics) {
      const text = metric.rendered?.text;
      const { template } = metric;
      if (text === undefined || metric.providerType !== 'prometheus') continue;
      const words = judge({ text, canary, metric });
      if (!words) continue;
      report(template ?? canary.entry, {
        ...words,
        pointer: template ? '/spec/query' : `${metric.pointer}/query`,
        about: canary,
        once: template !== undefined,
      });
    }
}
