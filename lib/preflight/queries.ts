import type { CanaryView, MetricView, World } from '../world';
import type { Report, ReportFinding } from './rule';

/** A query that Flagger asks Prometheus, as it is rendered for one Canary. */
export interface JudgedQuery {
  readonly text: string;
  readonly canary: CanaryView;
  readonly metric: MetricView;
  /** Whose it is, for people: `MetricTemplate "errors"`, `the metric "errors"`. */
  readonly of: string;
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
      const of = template ? `MetricTemplate "${template.name}"` : `the metric "${metric.name}"`;
      const words = judge({ text, canary, metric, of });
      if (!words) continue;
      report(template ?? canary.entry, {
        ...words,
        pointer: template ? '/spec/query' : `${metric.pointer}/query`,
        about: canary,
        once: template !== undefined,
      });
    }
}
