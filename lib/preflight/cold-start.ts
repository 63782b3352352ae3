import type { CanaryLoadTest, CanaryView, Edge, MetricView, World } from '../world';
import { countedMetric } from './istio-metrics';

/** Seconds from the start of a load test, or from a new weight, to the first request. @see fluxcd/flagger v1.44 cmd/loadtester/main.go (looks for tasks every 100 ms) */
const secondsToFirstRequest = 1;

/** What the first checks of each rollout find: the canary's pods are new, and so are their series. */
export interface ColdStart {
  readonly metric: MetricView;
  /** The load test that begins in the very tick that asks first; undefined where requests flow before that. */
  readonly lateLoad?: CanaryLoadTest;
  /** Seconds from the first request to the first value, at worst: two scrapes. */
  readonly secondsToValue: number;
  /** Checks without a value beside the one that a late load test costs: at least, and at worst. */
  readonly slow: { readonly least: number; readonly most: number };
  /** All failed checks of a sound canary. */
  readonly failed: { readonly least: number; readonly most: number };
}

/**
 * Counts the checks that come before the first value: a rate needs two samples of a series that begins with the first
 * request. Undefined where nothing counts requests, or nothing is known to send any.
 */
export function coldStart(world: World, canary: CanaryView): ColdStart | undefined {
  const metric = countedMetric(canary);
  if (!metric) return undefined;
  const isOrganic = hasOrganicTraffic(canary);
  const load = canary.loadTests.find((test) => test.webhook.type === 'rollout' && reaches(canary, test));
  const isWarm = isOrganic || canary.loadTests.some((test) => isWarmUp(world, canary, metric, test));
  if (!load && !isWarm) return undefined;
  // A command of another type is waited for: its requests have come when the metric is asked.
  const lateLoad = !isWarm && load?.webhook.taskType === 'cmd' ? load : undefined;
  if (!isWarm && !lateLoad) return undefined;
  const { value: scrape, certainty } = world.scrapeInterval;
  const { intervalSeconds } = canary.analysis;
  const secondsToValue = secondsToFirstRequest + 2 * scrape;
  const slow = {
    // With luck the first scrape comes with the first request. An assumed scrape interval makes nothing certain.
    least: certainty === 'assumed' ? 0 : Math.max(0, Math.ceil(scrape / intervalSeconds) - 1),
    most: Math.max(0, Math.ceil(secondsToValue / intervalSeconds) - 1),
  };
  const late = lateLoad ? 1 : 0;
  return {
    metric,
    ...(lateLoad ? { lateLoad } : {}),
    secondsToValue,
    slow,
    failed: { least: slow.least + late, most: slow.most + late },
  };
}

/** Whether requests that no load test sends can reach the canary from its first weight on. */
export function hasOrganicTraffic(canary: CanaryView): boolean {
  const isCaller = ({ via, workload }: Edge) =>
    via === 'route' || (via === 'workload' && workload?.entry !== canary.target?.entry);
  if (canary.inboundToCanary.some(isCaller)) return true;
  // Before its switch a Blue/Green canary gets copies at most.
  if (canary.analysis.strategy === 'blue/green' && !canary.analysis.mirror) return false;
  return canary.requestsPerSecond !== undefined || canary.inbound.some(isCaller);
}

/** Whether the requests of a load test get to the canary while its weight grows. */
export function reaches({ analysis }: CanaryView, { hits }: CanaryLoadTest): boolean {
  if (hits === undefined || hits === 'canary') return true;
  return (hits === 'apex' || hits === 'gateway') && (analysis.strategy !== 'blue/green' || analysis.mirror);
}

/** Whether a load test before the rollout leaves two samples in the window of the first check. */
function isWarmUp(
  world: World,
  canary: CanaryView,
  metric: MetricView,
  { webhook, test, hits }: CanaryLoadTest,
): boolean {
  // At that time the weight is still 0.
  if (webhook.type !== 'pre-rollout' || (hits !== undefined && hits !== 'canary')) return false;
  const isLoop = /\b(for|while|until)\b/.test(webhook.command ?? '');
  if ((test.tool === 'curl' || test.tool === 'grpcurl') && !isLoop) return false;
  if (test.durationSeconds === undefined || metric.intervalSeconds === undefined) return true;
  const unseen = Math.max(0, canary.analysis.intervalSeconds - metric.intervalSeconds);
  return test.durationSeconds >= world.scrapeInterval.value + unseen;
}
