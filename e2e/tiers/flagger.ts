import { isDeepStrictEqual } from 'node:util';
import { announcedTicks, type CanaryRef, canaryEvents, followRollouts, getCanary, waitForPhase } from '../lib/canaries';
import type { KubeClient } from '../lib/kube-client';
import { applyAll } from '../lib/kube-client';
import { type FiledObject, readTree, sortForApply, withoutFlux } from '../lib/manifests';
import { type CatalogData, synthTree } from '../lib/synth';
import type { Tier } from '../lib/tier';
import type { Behaviour } from '../mesh/counters';
import type { Mesh } from '../mesh/mesh';
import type { Stream } from '../mesh/routes';
import { ensureNamespaces } from './acceptance';

export const title = 'Flagger';
const namespace = 'rollouts';
/** Flagger's minimum. */
const tickSeconds = 10;

type Json = Record<string, unknown>;

interface Scenario {
  readonly name: string;
  readonly protocol: 'http' | 'grpc';
  readonly canary: Json;
  /** Tag of the new image: the mesh's behaviour follows from it (see behaviourOf). */
  readonly tag?: string;
  readonly expected: 'Succeeded' | 'Failed';
  /** Flagger must say this. */
  readonly says?: RegExp;
  readonly expose?: boolean;
  /** Of its callers. @default 20 */
  readonly requestsPerSecond?: number;
}

const base = {
  interval: `${tickSeconds}s`,
  threshold: 3,
  metrics: { interval: '20s', successRateMinPercent: 99, durationMaxMilliseconds: 500 },
  loadTest: false,
  alerts: false,
};
/** Blue/Green sends the canary nobody's requests before it takes all of them: the load test is what is measured. */
const blueGreen = { ...base, iterations: 3, loadTest: { requestsPerSecond: 10 } };
const weighted = { ...base, stepWeight: 20, maxWeight: 60 };
/** 200 requests of the load test beside at most 1.2 of callers: all together 99.4 % succeed when each call of a caller fails. */
const drowned = { ...base, stepWeight: 10, maxWeight: 30, loadTest: { requestsPerSecond: 200 } };
/** Flagger's own query counts the load test among the calls. */
const builtIn = {
  analysis: { metrics: [{ name: 'request-success-rate', thresholdRange: { min: 99 }, interval: '20s' }] },
};

const scenarios: readonly Scenario[] = [
  {
    name: 'frontend',
    protocol: 'http',
    canary: weighted,
    expose: true,
    expected: 'Succeeded',
    says: /Advance frontend\.rollouts canary weight 60/,
  },
  { name: 'cart', protocol: 'grpc', canary: weighted, expected: 'Succeeded', says: /canary weight 60/ },
  {
    name: 'currency',
    protocol: 'grpc',
    canary: { ...base, stepWeights: [10, 40, 70] },
    expected: 'Succeeded',
    says: /canary weight 70/,
  },
  {
    name: 'payment',
    protocol: 'grpc',
    canary: { ...weighted, stepWeightPromotion: 30 },
    expected: 'Succeeded',
    says: /primary weight/,
  },
  {
    name: 'shipping',
    protocol: 'grpc',
    canary: blueGreen,
    expected: 'Succeeded',
    says: /canary iteration 3\/3/,
  },
  {
    name: 'steps',
    protocol: 'http',
    canary: { ...base, stepWeights: [10, 30, 80] },
    expected: 'Succeeded',
    says: /canary weight 80/,
  },
  {
    name: 'a-b',
    protocol: 'http',
    canary: { ...base, iterations: 3, match: [{ headers: { 'x-canary': { exact: 'insider' } } }] },
    expected: 'Succeeded',
    says: /canary iteration 3\/3/,
  },
  {
    name: 'blue-green',
    protocol: 'http',
    canary: blueGreen,
    expected: 'Succeeded',
    says: /Routing all traffic to canary/,
  },
  {
    name: 'mirror',
    protocol: 'http',
    canary: { ...weighted, mirror: true, mirrorWeight: 100 },
    expected: 'Succeeded',
    says: /canary weight 60/,
  },
  {
    name: 'affinity',
    protocol: 'http',
    canary: { ...weighted, sessionAffinity: { cookieName: 'canary-session' } },
    expected: 'Succeeded',
    says: /canary weight 60/,
  },
  {
    name: 'skip',
    protocol: 'http',
    canary: { ...weighted, skipAnalysis: true },
    expected: 'Succeeded',
    says: /Promotion completed/,
  },
  {
    name: 'errors',
    protocol: 'http',
    canary: weighted,
    tag: '2.0.0-errors',
    expected: 'Failed',
    says: /success rate .*% < 99%/,
  },
  {
    name: 'slow',
    protocol: 'http',
    canary: weighted,
    tag: '2.0.0-slow',
    expected: 'Failed',
    says: /request duration .* > 500ms/,
  },
  {
    name: 'grpc-errors',
    protocol: 'grpc',
    canary: weighted,
    tag: '2.0.0-errors',
    expected: 'Failed',
    says: /grpc-success-rate .* < 99/,
  },
  {
    name: 'hollow',
    protocol: 'http',
    canary: drowned,
    requestsPerSecond: 4,
    tag: '2.0.0-hollow',
    expected: 'Failed',
    says: /success-rate .* < 99/,
  },
  {
    name: 'hollow-grpc',
    protocol: 'grpc',
    canary: drowned,
    requestsPerSecond: 4,
    tag: '2.0.0-hollow',
    expected: 'Failed',
    says: /grpc-success-rate .* < 99/,
  },
  // The same release by Flagger's own query goes out: what the rule load-hides-failures warns of.
  {
    name: 'hollow-built-in',
    protocol: 'http',
    canary: { ...drowned, spec: builtIn },
    requestsPerSecond: 4,
    tag: '2.0.0-hollow',
    expected: 'Succeeded',
    says: /canary weight 30/,
  },
  {
    name: 'load-test-only',
    protocol: 'http',
    canary: { ...weighted, loadTest: { requestsPerSecond: 10 } },
    expected: 'Succeeded',
    says: /canary weight 60/,
  },
];

/** Services that nobody calls: the load test is all their traffic. */
const uncalled = new Set(['load-test-only']);

/** What the programs of the images do: known to the mesh from the image alone. */
export function behaviourOf(image: string): Behaviour {
  if (image.endsWith('-broken')) return { errorRate: 1, latencyMilliseconds: 20 };
  if (image.endsWith('-few-errors')) return { errorRate: 0.05, latencyMilliseconds: 20 };
  if (image.endsWith('-errors')) return { errorRate: 0.1, latencyMilliseconds: 20 };
  // Health and home page answer, which is all that the load test asks for.
  if (image.endsWith('-hollow')) return { errorRate: 1, loadTestErrorRate: 0, latencyMilliseconds: 20 };
  if (image.endsWith('-slow')) return { errorRate: 0, latencyMilliseconds: 900 };
  return { errorRate: 0, latencyMilliseconds: 20 };
}

function catalog(tagOf: (scenario: Scenario) => string): CatalogData {
  const port = (protocol: string): Json =>
    protocol === 'grpc' ? { port: 7000, protocol } : { port: 80, targetPort: 8080, protocol };
  return {
    platform: {
      namespace,
      mesh: 'istio-sidecar',
      registry: 'registry.example.com/rollouts',
      prometheus: { scrapeInterval: '2s' },
      gitops: { url: 'https://gitlab.example.com/rollouts/gitops.git' },
    },
    clusters: [{ name: 'test', domain: 'test.example.com', flux: { mode: 'gotk' } }],
    services: [
      ...scenarios.map((scenario) => ({
        name: scenario.name,
        image: { tag: tagOf(scenario) },
        ports: [port(scenario.protocol)],
        traffic: { requestsPerSecond: uncalled.has(scenario.name) ? 0 : (scenario.requestsPerSecond ?? 20) },
        canary: scenario.canary,
        ...(scenario.expose ? { expose: { hosts: ['shop.{domain}'] } } : {}),
      })),
      {
        name: 'caller',
        image: { tag: '1.0.0' },
        ports: [port('http')],
        env: Object.fromEntries(
          scenarios
            .filter(({ name }) => !uncalled.has(name))
            .map(({ name }, index) => [`CALLEE_${index}`, { service: name }]),
        ),
        canary: false,
      },
    ],
  };
}

/** The callers of the catalog's graph, and visitors through the gateway. */
function streams(): Stream[] {
  const from = { workload: 'caller', namespace };
  const called = scenarios.filter(({ name }) => !uncalled.has(name));
  return called.flatMap(({ name, protocol, canary, expose, requestsPerSecond = 20 }): Stream[] => {
    const stream = { from, host: `${name}.${namespace}`, port: protocol === 'grpc' ? 7000 : 80, inMesh: true };
    if (expose) {
      const visitors = { workload: 'istio-ingress', namespace: 'istio-ingress' };
      return [
        {
          ...stream,
          from: visitors,
          host: 'shop.test.example.com',
          gateway: 'istio-ingress/public',
          requestsPerSecond: 20,
        },
      ];
    }
    if (canary.match) {
      return [
        { ...stream, requestsPerSecond: 15 },
        { ...stream, requestsPerSecond: 5, headers: { 'X-Canary': 'insider' } },
      ];
    }
    return [{ ...stream, requestsPerSecond }];
  });
}

const ref = (name: string): CanaryRef => ({ namespace, name });

async function applyTree(client: KubeClient, tree: string): Promise<readonly FiledObject[]> {
  const objects = withoutFlux(readTree(tree));
  await ensureNamespaces(client, objects);
  const { refusals } = await applyAll(client, sortForApply(objects), { fieldManager: 'kustomize-controller' });
  if (refusals.length > 0) throw new Error(refusals.map(({ object, message }) => `${object}: ${message}`).join('\n'));
  return objects;
}

/** Is all that was applied still there? A list is a whole in server-side apply; a field that Flagger adds beside ours is its own. */
function holds(live: unknown, applied: unknown): boolean {
  if (typeof applied !== 'object' || applied === null || Array.isArray(applied))
    return isDeepStrictEqual(live, applied);
  return Object.entries(applied).every(([key, value]) => holds((live as Json | undefined)?.[key], value));
}

/** Each strategy, from Initialized over a new image to its end, by the real Flagger. */
export async function runFlagger({ root, folder, reporter, client }: Tier, mesh: Mesh): Promise<void> {
  if (!reporter.isWanted(title)) return;
  mesh.streams.push(...streams());
  const ready = await reporter.step(title, 'every Canary becomes Initialized', async (say) => {
    const tree = await synthTree(
      root,
      folder,
      'rollouts-1',
      catalog(() => '1.0.0'),
    );
    const applied = await applyTree(client, tree);
    for (const { name } of scenarios) await waitForPhase(client, ref(name), ['Initialized'], 180);
    say(`${scenarios.length} Canaries Initialized`);
    const changed: string[] = [];
    for (const { object } of applied.filter((one) => one.object.kind === 'Canary')) {
      const { spec } = await getCanary(client, ref(object.metadata.name));
      if (!holds(spec, object.spec)) {
        changed.push(`${object.metadata.name}: ${JSON.stringify(object.spec)} became ${JSON.stringify(spec)}`);
      }
    }
    say(`${changed.length} of them are not what was applied: Flux would write those again`);
    if (changed.length > 0) throw new Error(changed.join('\n'));
  });
  if (!ready) return;
  let observed: Awaited<ReturnType<typeof followRollouts>> = new Map();
  await reporter.step(title, 'one release changes every image', async (say) => {
    await applyTree(
      client,
      await synthTree(
        root,
        folder,
        'rollouts-2',
        catalog(({ tag }) => tag ?? '2.0.0'),
      ),
    );
    observed = await followRollouts(
      client,
      scenarios.map(({ name }) => ref(name)),
      420,
    );
    say(`${observed.size} of ${scenarios.length} rollouts ended`);
    if (mesh.error) say(`mesh: ${mesh.error}`);
  });
  for (const scenario of scenarios) {
    const { name, protocol, expected, says } = scenario;
    await reporter.step(title, `${name} (${protocol}): ${expected}`, async (say) => {
      const events = await canaryEvents(client, ref(name));
      const start = events.findIndex((event) => event.startsWith('New revision detected'));
      const told = start < 0 ? events.slice(-6) : events.slice(start);
      for (const event of told) say(event);
      const end = observed.get(`${namespace}/${name}`);
      if (!end) throw new Error(`did not end; phase ${(await getCanary(client, ref(name))).status?.phase}`);
      const announced = announcedTicks(await getCanary(client, ref(name)));
      const wanted = expected === 'Succeeded' ? announced?.success : announced?.rollback;
      const ticks = Math.round(end.seconds / tickSeconds);
      say(`${end.phase} after ${end.seconds.toFixed(0)} s: tick ${ticks}, announced ${wanted ?? 'none'}`);
      if (end.phase !== expected) throw new Error(`ended ${end.phase}`);
      if (says && !events.some((event) => says.test(event))) throw new Error(`Flagger never said ${says}`);
      if (wanted === undefined) throw new Error('the Canary announces no duration');
      if (ticks !== wanted) throw new Error(`took ${ticks} ticks, ${wanted} were announced`);
    });
  }
}
