import { canary as sound } from '../diff/case-objects';
import type { KubeObject } from '../kube';
import { examine, liveWorld } from './examine';
import { type AskMetrics, metricEvidence, scrapeInterval } from './metric-evidence';

const ADDRESS = 'http://prometheus.monitoring:9090';
const canary = (spec: object = {}, analysis: object = {}): KubeObject => ({
  ...sound('cart', { metricsServer: ADDRESS, analysis, ...spec }),
  status: { phase: 'Failed' },
});
const halt: KubeObject = {
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: 'e', namespace: 'shop' },
  involvedObject: { kind: 'Canary', namespace: 'shop', name: 'cart' },
  type: 'Warning',
  message:
    'Halt advancement no values found for istio metric request-success-rate probably cart.shop is not receiving traffic: no values found',
};
const written = (...objects: KubeObject[]) =>
  objects.map((object, document) => ({ object, origin: { file: 'cluster', document } }));

/** A Prometheus that answers by a word of the query. */
function store(answers: Readonly<Record<string, readonly [labels: Record<string, string>, value: string][]>>) {
  const asked: string[] = [];
  const ask: AskMetrics = async (address, path) => {
    const query = decodeURIComponent(path.replace('query?query=', ''));
    asked.push(`${address} ${query}`);
    const [, samples] = Object.entries(answers).find(([word]) => query.includes(word)) ?? [];
    return { data: { result: (samples ?? []).map(([metric, value]) => ({ metric, value: [0, value] })) } };
  };
  return { ask, asked };
}

const known = { 'count(istio_requests_total)': [[{}, '7'] as [Record<string, string>, string]] };

test.each<[string, Parameters<typeof store>[0], string]>([
  [
    'another Prometheus',
    {},
    `1. ${ADDRESS} has no series istio_requests_total at all: it does not scrape what counts the requests`,
  ],
  [
    'only errors',
    { ...known, 'increase(': [[{ response_code: '503' }, '41.7']] },
    '1. all of the 42 requests that reached the new version in the last 1h were answered with 5xx: without a success the query has no value',
  ],
  ['no request', known, `no request to the new version was counted in the last 1h (${ADDRESS})`],
  [
    'requests that ended too early',
    {
      ...known,
      'increase(': [
        [{ response_code: '200' }, '30'],
        [{ response_code: '500' }, '2'],
      ],
    },
    '32 requests reached the new version in the last 1h (2 answered with 5xx), but none in the 1m before the check that failed: they ended before it',
  ],
])('%s is a cause of "no values found"', async (_, answers, cause) => {
  const cluster = { objects: written(canary(), halt) };
  const { byCanary } = await metricEvidence(liveWorld(cluster), store(answers).ask);
  const [finding] = examine({ ...cluster, evidence: byCanary }).findings;
  expect(finding?.code).toBe('canary-failed');
  expect(finding?.cause).toContain(cause);
});

test('what explains nothing is not said: the pods do not get ready', async () => {
  const event = { ...halt, message: 'canary deployment cart.shop not ready: waiting for rollout to finish' };
  const cluster = { objects: written(canary(), event) };
  const { byCanary } = await metricEvidence(liveWorld(cluster), store({}).ask);
  expect(examine({ ...cluster, evidence: byCanary }).findings[0]?.cause).toBe(
    'most likely first: 1. its image cannot be pulled; 2. it crashes when it starts; 3. no node has room for it; 4. its readiness probe fails',
  );
});

test.each([
  ['a warning where only real calls count', {}, 'warning'],
  [
    'good to know where a load test calls',
    {
      webhooks: [
        {
          name: 'load',
          type: 'rollout',
          url: 'http://load.shop/',
          metadata: { cmd: 'hey -z 1m http://cart-canary.shop:80/' },
        },
      ],
    },
    'info',
  ],
])('no requests of the primary are %s', async (_, analysis, severity) => {
  const { ask, asked } = store(known);
  const { findings } = await metricEvidence(liveWorld({ objects: written(canary({}, analysis)) }), ask);
  expect(findings).toMatchObject([
    {
      code: 'metric-has-no-series-now',
      severity,
      message: 'metric "request-success-rate" of Canary "cart" has no value for its primary at this moment',
    },
  ]);
  expect(asked.every((one) => one.startsWith(`${ADDRESS} `))).toBe(true);
  expect(asked.some((one) => one.includes('destination_workload=~"cart-primary"'))).toBe(true);
});

test('a store that does not answer is asked once, and said once', async () => {
  let count = 0;
  const world = liveWorld({
    objects: written(
      canary({}, { metrics: ['request-success-rate', 'request-duration'].map((name) => ({ name, interval: '1m' })) }),
    ),
  });
  const { findings } = await metricEvidence(world, async () => {
    count++;
    return { error: 'status 503' };
  });
  expect(count).toBe(1);
  expect(findings.map(({ code, message }) => `${code}: ${message}`)).toEqual([
    `metric-store-unreachable: Prometheus (${ADDRESS}) gives no answer: status 503`,
  ]);
});

test.each([
  ['the slowest of the mesh', ['node 15s', 'envoy-stats 30s', 'istiod 20s'], '30s'],
  ['the slowest of all where none is of the mesh', ['node 15s', 'kubelet 1m'], '1m'],
  ['nothing known', [], undefined],
])('scrapes as its targets are: %s', async (_, targets, interval) => {
  const activeTargets = targets.map((text) => {
    const [scrapePool, scrapeInterval] = text.split(' ');
    return { scrapePool, scrapeInterval };
  });
  expect(await scrapeInterval(ADDRESS, async () => ({ data: { activeTargets } }))).toBe(interval);
});
