import type { KubeObject } from '../../lib/kube';
import { announcedTicks, type CanaryRef, canaryEvents, followRollouts, getCanary, waitForPhase } from '../lib/canaries';
import { applyAll, type KubeClient } from '../lib/kube-client';
import { readTree, sortForApply, withoutFlux } from '../lib/manifests';
import { type CatalogData, synthTree } from '../lib/synth';
import type { Tier } from '../lib/tier';
import type { Mesh } from '../mesh/mesh';
import type { Stream } from '../mesh/routes';

export const title = 'Other meshes';
const tickSeconds = 10;

interface Mode {
  readonly mesh: 'istio-gateway-api' | 'istio-ambient' | 'kubernetes';
  /** Of its own, as that of its metric templates is: their queries differ. */
  readonly namespace: string;
  readonly scenarios: readonly Scenario[];
}

interface Scenario {
  readonly name: string;
  readonly protocol: 'http' | 'grpc';
  readonly tag: string;
  readonly expected: 'Succeeded' | 'Failed';
  readonly says: RegExp;
}
const scenarios: readonly Scenario[] = [
  { name: 'web', protocol: 'http', tag: '2.0.0', expected: 'Succeeded', says: /canary weight 60/ },
  { name: 'cart', protocol: 'grpc', tag: '2.0.0', expected: 'Succeeded', says: /canary weight 60/ },
  { name: 'errors', protocol: 'http', tag: '2.0.0-errors', expected: 'Failed', says: /http-success-rate .* < 99/ },
];
/** No mesh: Flagger switches the Service, and measures nothing unless the catalog has queries. */
const plain: Scenario = {
  name: 'web',
  protocol: 'http',
  tag: '2.0.0',
  expected: 'Succeeded',
  says: /canary iteration 3\/3/,
};
const modes: readonly Mode[] = [
  { mesh: 'istio-gateway-api', namespace: 'by-gateway-api', scenarios },
  { mesh: 'istio-ambient', namespace: 'by-ambient', scenarios },
  { mesh: 'kubernetes', namespace: 'without-mesh', scenarios: [plain] },
];

const portOf = (protocol: string): number => (protocol === 'grpc' ? 7000 : 80);

function catalog({ mesh, namespace, scenarios: own }: Mode, tagOf: (scenario: Scenario) => string): CatalogData {
  const canary = {
    interval: `${tickSeconds}s`,
    threshold: 3,
    ...(mesh === 'kubernetes'
      ? { iterations: 3 }
      : {
          stepWeight: 20,
          maxWeight: 60,
          metrics: { interval: '20s', successRateMinPercent: 99, durationMaxMilliseconds: 500 },
        }),
    loadTest: false,
    alerts: false,
  };
  return {
    platform: {
      namespace,
      mesh,
      registry: `registry.example.com/${namespace}`,
      prometheus: { scrapeInterval: '2s' },
      gitops: { url: 'https://gitlab.example.com/rollouts/gitops.git' },
    },
    clusters: [{ name: 'test', domain: 'test.example.com', flux: { mode: 'gotk' } }],
    services: [
      ...own.map((scenario) => ({
        name: scenario.name,
        image: { tag: tagOf(scenario) },
        ports: [{ port: portOf(scenario.protocol), protocol: scenario.protocol }],
        traffic: { requestsPerSecond: 20 },
        canary,
        ...(scenario.name === 'web' && mesh !== 'kubernetes' ? { expose: { hosts: [`${namespace}.{domain}`] } } : {}),
      })),
      {
        name: 'caller',
        image: { tag: '1.0.0' },
        ports: [{ port: 80, targetPort: 8080, protocol: 'http' }],
        env: Object.fromEntries(own.map(({ name }) => [name.toUpperCase(), { service: name }])),
        canary: false,
      },
    ],
  };
}

const streams = ({ namespace, scenarios: own }: Mode): Stream[] =>
  own.map(({ name, protocol }) => ({
    from: { workload: 'caller', namespace },
    host: `${name}.${namespace}`,
    port: portOf(protocol),
    requestsPerSecond: 20,
    inMesh: true,
  }));

/** What belongs to the services and their metrics. The rest of the platform is shared with the tiers beside this one. */
export async function applyTree(client: KubeClient, namespace: string, tree: string): Promise<void> {
  const templates = `${namespace}-flagger`;
  const own = withoutFlux(readTree(tree))
    .map(({ object }) => object)
    .filter(
      ({ kind, metadata }) =>
        (metadata.namespace ?? metadata.name) === namespace ||
        // By which Prometheus would read the proxies' counters: without it doctor says so of these Canaries.
        kind === 'PodMonitor' ||
        kind === 'MetricTemplate',
    )
    .map((object) => JSON.parse(JSON.stringify(object).replaceAll('"flagger-system"', `"${templates}"`)) as KubeObject);
  const monitored = own.flatMap(({ kind, metadata }) => (kind === 'PodMonitor' ? (metadata.namespace ?? []) : []));
  // Of another manager: what somebody else says of a namespace stays.
  for (const one of new Set(monitored))
    await client.apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: one } },
      { fieldManager: 'aviary-e2e-setup' },
    );
  const namespaces = [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: templates } }];
  const objects = [...namespaces, ...own].map((object) => ({ object }));
  const { refusals } = await applyAll(client, sortForApply(objects), { fieldManager: 'kustomize-controller' });
  if (refusals.length > 0) throw new Error(refusals.map(({ object, message }) => `${object}: ${message}`).join('\n'));
}

/** Rollouts by HTTPRoute weights, with sidecars and in ambient mode, where the waypoint reports; and by Kubernetes alone. */
export async function runOtherMeshes({ root, folder, reporter, client }: Tier, mesh: Mesh): Promise<void> {
  if (!reporter.isWanted(title)) return;
  mesh.streams.push(...modes.flatMap(streams));
  const refs: CanaryRef[] = modes.flatMap(({ namespace, scenarios: own }) =>
    own.map(({ name }) => ({ namespace, name })),
  );
  const release = async (count: number, tagOf: (scenario: Scenario) => string): Promise<void> => {
    for (const mode of modes) {
      const tree = await synthTree(root, folder, `${mode.namespace}-${count}`, catalog(mode, tagOf));
      await applyTree(client, mode.namespace, tree);
    }
  };
  const isReady = await reporter.step(title, 'every Canary becomes Initialized', async (say) => {
    await release(1, () => '1.0.0');
    for (const ref of refs) await waitForPhase(client, ref, ['Initialized'], 180);
    say(`${refs.length} Canaries Initialized`);
  });
  if (!isReady) return;
  let ended: Awaited<ReturnType<typeof followRollouts>> = new Map();
  await reporter.step(title, 'one release changes every image', async (say) => {
    await release(2, ({ tag }) => tag);
    ended = await followRollouts(client, refs, 300);
    say(`${ended.size} of ${refs.length} rollouts ended`);
  });
  for (const { mesh: mode, namespace, scenarios: own } of modes) {
    for (const { name, protocol, expected, says } of own) {
      await reporter.step(title, `${mode}, ${name} (${protocol}): ${expected}`, async (say) => {
        const ref = { namespace, name };
        const events = await canaryEvents(client, ref);
        for (const event of events.slice(events.findIndex((one) => one.startsWith('New revision detected'))))
          say(event);
        const end = ended.get(`${namespace}/${name}`);
        if (!end) throw new Error(`did not end; phase ${(await getCanary(client, ref)).status?.phase}`);
        const announced = announcedTicks(await getCanary(client, ref));
        const wanted = expected === 'Succeeded' ? announced?.success : announced?.rollback;
        const ticks = Math.round(end.seconds / tickSeconds);
        say(`${end.phase} after ${end.seconds.toFixed(0)} s: tick ${ticks}, announced ${wanted ?? 'none'}`);
        if (end.phase !== expected) throw new Error(`ended ${end.phase}`);
        if (!events.some((event) => says.test(event))) throw new Error(`Flagger never said ${says}`);
        if (ticks !== wanted) throw new Error(`took ${ticks} ticks, ${wanted} were announced`);
      });
    }
  }
}
