import { at, labelSelectorOf, listAt, matchesLabels, parseGoDuration, textAt } from '../kube';
import type { CanaryView, Entry, MetricView, ServiceView, World } from '../world';
import { parsePromql } from './promql';
import { monitorReaches, serviceMonitorsOf } from './service-monitors';

/** How often the very job is scraped of which the metric asks. */
export interface JobInterval {
  readonly seconds: number;
  /** The ServiceMonitor, PodMonitor or ScrapeConfig that says so. */
  readonly entry: Entry;
}

/** Undefined where no monitor of the job is here, or it leaves the interval to Prometheus. */
export function jobIntervalOf(world: World, canary: CanaryView, metric: MetricView): JobInterval | undefined {
  const text = metric.rendered?.text;
  // Built-in queries ask the mesh or the ingress, not the application.
  if (text === undefined) return undefined;
  const jobs = jobsIn(text);
  const wanted =
    jobs.length > 0 ? jobs : [canary.canaryName, canary.apexName, canary.primaryName, canary.targetRef.name];
  for (const entry of world.ofKind('ScrapeConfig')) {
    const isAsked = wanted.includes(textAt(entry.object, 'spec', 'jobName') ?? entry.name);
    const seconds = isAsked ? secondsOf(textAt(entry.object, 'spec', 'scrapeInterval')) : undefined;
    if (seconds !== undefined) return { seconds, entry };
  }
  const hasMonitors = world.ofKind('ServiceMonitor').length > 0;
  for (const service of hasMonitors ? servicesNamed(world, canary.namespace, wanted) : []) {
    for (const entry of serviceMonitorsOf(world, service.namespace, service.entry.labels)) {
      const seconds = shortest(entry, 'endpoints');
      if (seconds !== undefined) return { seconds, entry };
    }
  }
  // A monitor that names a label of the Service which only Flagger's copy will carry.
  for (const entry of world.ofKind('ServiceMonitor')) {
    const labels = Object.values(labelSelectorOf(at(entry.object, 'spec', 'selector')).matchLabels ?? {});
    const isAsked = monitorReaches(entry, canary.namespace) && labels.some((value) => wanted.includes(value));
    const seconds = isAsked ? shortest(entry, 'endpoints') : undefined;
    if (seconds !== undefined) return { seconds, entry };
  }
  for (const entry of world.ofKind('PodMonitor')) {
    if (!monitorReaches(entry, canary.namespace)) continue;
    const selector = labelSelectorOf(at(entry.object, 'spec', 'selector'));
    const isAsked =
      jobs.length > 0
        ? wanted.some((job) => job.endsWith(entry.name))
        : matchesLabels(selector, canary.target?.podLabels ?? {});
    const seconds = isAsked ? shortest(entry, 'podMetricsEndpoints') : undefined;
    if (seconds !== undefined) return { seconds, entry };
  }
  return undefined;
}

/** In the order of the world. */
function servicesNamed(world: World, namespace: string, names: readonly string[]): ServiceView[] {
  return [...new Set(names)]
    .flatMap((name) => world.service(namespace, name) ?? [])
    .sort((a, b) => a.entry.order - b.entry.order);
}

function jobsIn(query: string): string[] {
  // The parser is loaded at the first query that needs it.
  if (!/\bjob\b/.test(query)) return [];
  return parsePromql(query).selectors.flatMap(({ matchers }) =>
    matchers.filter(({ label, op }) => label === 'job' && (op === '=' || op === '=~')).map(({ value }) => value),
  );
}

/** Several endpoints of one monitor: which of them has the series is not known, so the one that is asked most. */
function shortest(entry: Entry, list: 'endpoints' | 'podMetricsEndpoints'): number | undefined {
  const found = listAt(entry.object, 'spec', list)
    .map((endpoint) => secondsOf(textAt(endpoint, 'interval')))
    .filter((one) => one !== undefined);
  return found.length > 0 ? Math.min(...found) : undefined;
}

function secondsOf(text: string | undefined): number | undefined {
  const duration = parseGoDuration(text ?? '');
  return duration.ok && duration.value > 0 ? duration.value / 1000 : undefined;
}
