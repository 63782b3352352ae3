import type { Finding } from '../findings';
import { at, isFields, listAt, parseGoDuration, textAt } from '../kube';
import type { CanaryView, World } from '../world';
import { type CanaryQuery, canaryQueries, seriesNames } from './canary-queries';

/** What a Prometheus answers to a path of its API (`query?query=…`), or why it does not. */
export type MetricAnswer = { readonly data: unknown } | { readonly error: string };

/** Asks the Prometheus at an address, as Flagger names it. */
export type AskMetrics = (address: string, path: string) => Promise<MetricAnswer>;

/** What the metric stores say of one Canary. */
export interface CanaryEvidence {
  /** What explains a failure by itself, before any rule. */
  readonly decisive: readonly string[];
  /** What goes with a failure, after the rules. */
  readonly further: readonly string[];
  /** What explains it where no rule does. */
  readonly otherwise: readonly string[];
  /** Requests have reached the new version, and were counted: rules that say they cannot are mistaken. */
  readonly isReached?: true;
}

/** Where nothing was measured. */
export const noEvidence: CanaryEvidence = { decisive: [], further: [], otherwise: [] };

/** What the series of Prometheus say of the Canaries. */
export interface MetricEvidence {
  readonly findings: readonly Finding[];
  /** By `namespace/name`. */
  readonly byCanary: ReadonlyMap<string, CanaryEvidence>;
  readonly asked: number;
}

/** How far back a failed rollout is looked for. */
const LOOK_BACK = '1h';
/** More queries than this are a load of their own. */
const MOST_QUERIES = 300;
/** Jobs that scrape what counts requests. */
const MESH_TARGET = /envoy|istio|mesh|linkerd|waypoint|nginx|stats\/prometheus/i;

/** How often the Prometheus at an address scrapes, as its targets are; undefined where it does not say. */
export async function scrapeInterval(address: string, ask: AskMetrics): Promise<string | undefined> {
  const answer = await ask(address, 'targets?state=active');
  if ('error' in answer) return undefined;
  const targets = listAt(answer.data, 'activeTargets').flatMap((target) => {
    const interval = textAt(target, 'scrapeInterval');
    const seconds = interval === undefined ? undefined : secondsOf(interval);
    const about = `${textAt(target, 'scrapePool')} ${textAt(target, 'scrapeUrl')} ${textAt(target, 'labels', 'job')}`;
    return interval === undefined || seconds === undefined ? [] : [{ interval, seconds, about }];
  });
  const ofMesh = targets.filter(({ about }) => MESH_TARGET.test(about));
  const [slowest] = (ofMesh.length > 0 ? ofMesh : targets).sort((a, b) => b.seconds - a.seconds);
  return slowest?.interval;
}

function secondsOf(interval: string): number | undefined {
  const parsed = parseGoDuration(interval);
  return parsed.ok ? parsed.value / 1000 : undefined;
}

/** Asks whether each Canary's queries can have a value, from the metric store's own point of view. */
export async function metricEvidence(world: World, ask: AskMetrics): Promise<MetricEvidence> {
  const findings: Finding[] = [];
  const byCanary = new Map<string, CanaryEvidence>();
  const silent = new Map<string, string>();
  const known = new Map<string, Promise<MetricAnswer>>();
  let asked = 0;
  const query = (address: string, text: string): Promise<MetricAnswer> => {
    const key = `${address}\0${text}`;
    const earlier = known.get(key);
    if (earlier) return earlier;
    asked++;
    const answer = ask(address, `query?query=${encodeURIComponent(text)}`);
    known.set(key, answer);
    return answer;
  };
  for (const canary of world.canaries()) {
    const decisive: string[] = [];
    let past = noEvidence;
    const queries = canaryQueries(canary, world);
    for (const one of queries) {
      if (asked >= MOST_QUERIES || silent.has(one.address)) continue;
      const missing: string[] = [];
      for (const name of seriesNames(one.query)) {
        const answer = await query(one.address, `count(${name})`);
        if ('error' in answer) silent.set(one.address, answer.error);
        else if (values(answer.data).length === 0) missing.push(name);
      }
      if (silent.has(one.address)) continue;
      if (missing.length > 0) {
        const text = `${one.address} has no series ${missing.join(', ')} at all: it does not scrape what counts the requests`;
        if (!decisive.includes(text)) decisive.push(text);
        findings.push(unknownSeries(canary, one, missing));
        continue;
      }
      findings.push(...(await now(canary, one, query)));
    }
    const [first] = queries;
    if (first && canary.isIstio && !silent.has(first.address) && decisive.length === 0) {
      past = await lastHour(canary, first, query);
      decisive.push(...past.decisive);
    }
    byCanary.set(`${canary.namespace}/${canary.name}`, { ...past, decisive });
  }
  const unreachable = [...silent].map(([address, error]) => noAnswer(address, error));
  return { findings: [...unreachable, ...findings], byCanary, asked };
}

type Query = (address: string, text: string) => Promise<MetricAnswer>;

/** Whether the query has a value for the primary, to which real calls go. */
async function now(canary: CanaryView, one: CanaryQuery, query: Query): Promise<Finding[]> {
  if (one.ofPrimary === undefined) return [];
  const answer = await query(one.address, one.ofPrimary);
  if ('error' in answer || values(answer.data).some((value) => !Number.isNaN(value))) return [];
  return [
    {
      code: 'metric-has-no-series-now',
      // A load test brings its own requests, when it is time.
      severity: canary.loadTests.length > 0 ? 'info' : 'warning',
      place: canary.place(),
      message: `metric "${one.metric}" of Canary "${canary.name}" has no value for its primary at this moment`,
      cause: `no request has reached the primary in the last ${one.interval}, or Prometheus does not see them; a rollout that begins now finds no values either`,
      fix: `call the service and ask again: ${one.ofPrimary}`,
    },
  ];
}

/** What became of the requests of the new version, while there was one. */
async function lastHour(canary: CanaryView, { address, interval }: CanaryQuery, query: Query): Promise<CanaryEvidence> {
  const series = `istio_requests_total{reporter="destination",destination_workload_namespace="${canary.namespace}",destination_workload="${canary.targetRef.name}"}`;
  const answer = await query(address, `sum by (response_code) (increase(${series}[${LOOK_BACK}]))`);
  if ('error' in answer) return noEvidence;
  const counts = listAt(answer.data, 'result').map((sample) => ({
    code: textAt(sample, 'metric', 'response_code') ?? '',
    count: numberOf(sample),
  }));
  const sum = (list: typeof counts) => Math.round(list.reduce((all, { count }) => all + count, 0));
  const total = sum(counts);
  const failed = sum(counts.filter(({ code }) => code.startsWith('5')));
  if (total === 0)
    return {
      ...noEvidence,
      further: [`no request to the new version was counted in the last ${LOOK_BACK} (${address})`],
    };
  if (failed === total)
    return {
      ...noEvidence,
      isReached: true,
      decisive: [
        `all of the ${total} requests that reached the new version in the last ${LOOK_BACK} were answered with 5xx: without a success the query has no value`,
      ],
    };
  return {
    ...noEvidence,
    isReached: true,
    otherwise: [
      `${total} requests reached the new version in the last ${LOOK_BACK} (${failed} answered with 5xx), but none in the ${interval} before the check that failed: they ended before it`,
    ],
  };
}

function values(data: unknown): number[] {
  return listAt(data, 'result').map(numberOf);
}

function numberOf(sample: unknown): number {
  const value = isFields(sample) ? at(sample, 'value') : undefined;
  return Array.isArray(value) ? Number(value[1]) : Number.NaN;
}

function unknownSeries(canary: CanaryView, { metric, address }: CanaryQuery, names: readonly string[]): Finding {
  return {
    code: 'metric-unknown-to-store',
    severity: 'warning',
    place: canary.place(),
    message: `metric "${metric}" of Canary "${canary.name}" asks for ${names.join(', ')}, and ${address} has no series of that name`,
    cause: 'it does not scrape what counts the requests, or it is another Prometheus than the one that does',
    fix: 'name the Prometheus that scrapes the mesh (spec.metricsServer, the address of the MetricTemplate, or -metrics-server of Flagger), or let this one scrape it',
  };
}

function noAnswer(address: string, error: string): Finding {
  return {
    code: 'metric-store-unreachable',
    severity: 'warning',
    place: {},
    message: `Prometheus (${address}) gives no answer: ${error}`,
    cause: 'where Flagger gets none either, every check of a metric fails',
    fix: 'look whether the Service and its pods are there, and whether this account may use services/proxy; or forward a port and say --prometheus ADDRESS=URL',
  };
}
