import { canaryEvents, waitForPhase } from '../lib/canaries';
import { EndpointsWatch, isReady } from '../lib/endpoints';
import { FluxApply } from '../lib/flux-apply';
import type { KubeClient } from '../lib/kube-client';
import { type FiledObject, readTree, withoutFlux } from '../lib/manifests';
import type { Say } from '../lib/report';
import { type SaidByDiff, saidByDiff } from '../lib/said-by-diff';
import { type CatalogData, synthTree } from '../lib/synth';
import type { Tier } from '../lib/tier';
import { sleep, waitFor } from '../lib/wait';
import { ensureNamespaces } from './acceptance';

export const title = 'Canary switch';
const namespace = 'switched';
const domain = 'kustomize.toolkit.fluxcd.io';
const names = ['web', 'backend', 'jobs'];

type Json = Record<string, unknown>;

interface State {
  readonly canaried: boolean;
  readonly port?: number;
  readonly without?: readonly string[];
  /** Services whose Canary does not hand back when it is deleted. */
  readonly leaving?: readonly string[];
}

const rollout = {
  interval: '10s',
  threshold: 3,
  stepWeight: 20,
  maxWeight: 60,
  metrics: { interval: '20s', successRateMinPercent: 99, durationMaxMilliseconds: 500 },
  loadTest: false,
  alerts: false,
};

function catalog({ canaried, port = 80, without = [], leaving = [] }: State): CatalogData {
  const service = (name: string, fields: Json): Json => ({
    name,
    image: { tag: '1.0.0' },
    traffic: { requestsPerSecond: 20 },
    canary: canaried ? { ...rollout, ...(leaving.includes(name) ? { revertOnDeletion: false } : {}) } : false,
    ...fields,
  });
  const callees = ['backend', 'jobs'].filter((name) => !without.includes(name));
  const services = [
    service('web', {
      ports: [{ port, targetPort: 8080, protocol: 'http' }],
      env: Object.fromEntries(callees.map((name) => [name.toUpperCase(), { service: name }])),
      expose: { hosts: ['www.{domain}'] },
      replicas: 3,
    }),
    service('backend', { ports: [{ port: 7070, protocol: 'grpc' }], replicas: 2 }),
    service('jobs', { ports: [{ port: 7070, protocol: 'grpc' }], replicas: 2 }),
  ];
  return {
    platform: {
      namespace,
      mesh: 'istio-sidecar',
      registry: 'registry.example.com/switched',
      prometheus: { scrapeInterval: '2s' },
      gitops: { url: 'https://gitlab.example.com/switched/gitops.git' },
    },
    clusters: [{ name: 'test', domain: 'test.example.com', flux: { mode: 'gotk' } }],
    services: services.filter(({ name }) => !without.includes(String(name))),
  };
}

/** A canary is switched on, off, on again, and its service removed, with the real Flagger: what its Service leads to all the while. */
export async function runCanarySwitch({ root, folder, reporter, client }: Tier): Promise<void> {
  if (!reporter.isWanted(title)) return;
  const flux = new FluxApply(client);
  let count = 0;
  let last: FiledObject[] = [];
  /** Applies the next state, and returns what diff says of the step. */
  const reconcile = async (state: State): Promise<SaidByDiff> => {
    count += 1;
    const tree = await synthTree(root, folder, `switch-${count}`, catalog(state));
    const objects = withoutFlux(readTree(tree));
    const said = saidByDiff(last, objects);
    last = objects;
    await ensureNamespaces(client, objects);
    const { refusals } = await flux.reconcile(objects);
    if (refusals.length > 0) throw new Error(refusals.map(({ object, message }) => `${object}: ${message}`).join('\n'));
    // Two more intervals: what the first left to others is met again.
    for (let round = 0; round < 2; round += 1) {
      await sleep(1000);
      await flux.reconcile(objects);
    }
    return said;
  };

  const isUp = await reporter.step(title, 'without canaries', async (say) => {
    await reconcile({ canaried: false });
    await readyPods(client, { web: 3, backend: 2, jobs: 2 });
    say('3 pods of web are ready, 2 of backend and 2 of jobs');
  });
  if (!isUp) return;

  const switchOn = (say: Say): Promise<void> =>
    watched(client, say, async () => {
      expectSaid(say, await reconcile({ canaried: true }), 'canary-switched-on');
      for (const name of names) await waitForPhase(client, { namespace, name }, ['Initialized'], 180);
      await readyPods(client, { 'web-primary': 3, 'backend-primary': 2, 'jobs-primary': 2 });
    });
  const switchOff = (say: Say): Promise<void> =>
    watched(client, say, async () => {
      expectSaid(say, await reconcile({ canaried: false }), 'canary-switched-off');
      for (const name of names) await canaryGone(client, name);
      await waitFor(
        'the primaries to be gone',
        async () => {
          const all = await client.list('apps/v1', 'Deployment', namespace);
          return all.some(({ metadata }) => metadata.name.endsWith('-primary')) ? undefined : true;
        },
        { timeoutSeconds: 60 },
      );
      await sleep(3000);
    });

  await reporter.step(title, 'switched on: the Service always leads to ready pods', switchOn);
  await reporter.step(title, 'switched off: the Service always leads to ready pods', switchOff);
  await reporter.step(
    title,
    'after the switch off, Flux manages the Service when the annotation is gone',
    async (say) => {
      await reconcile({ canaried: false, port: 8000 });
      const left = await servicePorts(client, 'web');
      say(`port 8000 in Git, ${left} in the cluster: Flagger has left ${domain}/reconcile: disabled`);
      if (left !== '80') throw new Error('Flux updates the Service by itself: docs/decisions/0001 can lose that step');
      // kubectl annotate service web kustomize.toolkit.fluxcd.io/reconcile-
      const metadata = { annotations: { [`${domain}/reconcile`]: null } };
      await client.merge('v1', 'Service', namespace, 'web', { metadata });
      await reconcile({ canaried: false, port: 8000 });
      const now = await servicePorts(client, 'web');
      say(`without the annotation: ${now}`);
      if (now !== '8000') throw new Error('the Service still is not what Git says');
      await reconcile({ canaried: false });
    },
  );
  await reporter.step(title, 'switched on again: the Service always leads to ready pods', switchOn);
  await reporter.step(title, 'removed in one commit, a canaried service leaves its Canary stuck', async (say) => {
    const said = await reconcile({ canaried: true, without: ['backend'] });
    expectSaid(say, said, 'canary-removed-with-its-service', 'Deployment switched/backend');
    const stuck = await canaryGone(client, 'backend', 30).then(
      () => undefined,
      (error: Error) => error.message,
    );
    if (!stuck) throw new Error('the Canary goes by itself: docs/decisions/0001 can lose that step');
    say(stuck);
    say(`left: ${await leftOf(client, 'backend')}`);
    // kubectl patch canary backend --type merge -p '{"spec":{"revertOnDeletion":false}}'
    await client.merge('flagger.app/v1beta1', 'Canary', namespace, 'backend', { spec: { revertOnDeletion: false } });
    await canaryGone(client, 'backend', 30);
    say(`with revertOnDeletion: false the Canary is gone at once; left: ${await leftOf(client, 'backend')}`);
  });
  await reporter.step(title, 'removed in two commits, a canaried service leaves only its Service', async (say) => {
    const without = ['backend'];
    await reconcile({ canaried: true, without, leaving: ['jobs'] });
    await waitFor(
      'Canary jobs to have no finalizer',
      async () => {
        const canary = await client.get('flagger.app/v1beta1', 'Canary', namespace, 'jobs');
        const finalizers = (canary?.metadata.finalizers ?? []) as readonly string[];
        return finalizers.length > 0 ? undefined : true;
      },
      { timeoutSeconds: 60 },
    );
    const said = await reconcile({ canaried: true, without: [...without, 'jobs'] });
    if (said.dangers.includes('canary-removed-with-its-service'))
      throw new Error('diff says canary-removed-with-its-service, and nothing gets stuck');
    await canaryGone(client, 'jobs', 30);
    const left = await leftOf(client, 'jobs');
    say(`left: ${left}`);
    if (left !== 'Service jobs') throw new Error('docs/decisions/0001 says that the Service is left, and nothing else');
  });
}

/** Diff has to say the danger, and that of all Deployments only these go down. */
function expectSaid(say: Say, { dangers, down }: SaidByDiff, danger: string, ...goes: string[]): void {
  say(`diff: ${[...new Set(dangers)].join(', ') || 'no danger'}; down: ${[...down].join(', ') || 'nothing'}`);
  if (!dangers.includes(danger)) throw new Error(`diff does not say ${danger}`);
  if ([...down].sort().join() !== goes.sort().join()) throw new Error(`diff says that ${[...down].join()} goes down`);
}

async function servicePorts(client: KubeClient, name: string): Promise<string> {
  const service = await client.get('v1', 'Service', namespace, name);
  if (!service) throw new Error(`there is no Service ${name}`);
  return (service.spec.ports as { port: number }[]).map(({ port }) => port).join();
}

/** What is there of a service once the garbage collector has had ten seconds. */
async function leftOf(client: KubeClient, name: string): Promise<string> {
  await sleep(10_000);
  const left: string[] = [];
  for (const [apiVersion, kind] of [
    ['apps/v1', 'Deployment'],
    ['v1', 'Service'],
    ['autoscaling/v2', 'HorizontalPodAutoscaler'],
    ['networking.istio.io/v1', 'VirtualService'],
    ['networking.istio.io/v1', 'DestinationRule'],
  ] as const) {
    const all = await client.list(apiVersion, kind, namespace);
    const own = all.filter(({ metadata }) => metadata.name === name || metadata.name.startsWith(`${name}-`));
    left.push(...own.map(({ metadata }) => `${kind} ${metadata.name}`));
  }
  return left.join(', ') || 'nothing';
}

async function readyPods(client: KubeClient, wanted: Readonly<Record<string, number>>): Promise<void> {
  await waitFor(
    'pods to be ready',
    async () => {
      const pods = (await client.list('v1', 'Pod', namespace)).filter(isReady);
      return Object.entries(wanted).every(
        ([name, number]) => pods.filter(({ metadata }) => metadata.labels?.app === name).length === number,
      )
        ? true
        : undefined;
    },
    { timeoutSeconds: 90 },
  );
}

async function canaryGone(client: KubeClient, name: string, timeoutSeconds = 90): Promise<void> {
  await waitFor(
    `Canary ${name} to be gone`,
    async () => ((await client.get('flagger.app/v1beta1', 'Canary', namespace, name)) ? undefined : true),
    {
      timeoutSeconds,
      describe: async () => {
        const canary = await client.get('flagger.app/v1beta1', 'Canary', namespace, name);
        const events = await canaryEvents(client, { namespace, name });
        const { deletionTimestamp, finalizers } = (canary?.metadata ?? {}) as unknown as Json;
        return `deleted ${deletionTimestamp}, finalizers ${JSON.stringify(finalizers)}, last event: ${events.at(-1)}`;
      },
    },
  );
}

async function watched(client: KubeClient, say: Say, act: () => Promise<void>): Promise<void> {
  const watch = new EndpointsWatch(client, namespace, names);
  await watch.start();
  let seen: Awaited<ReturnType<EndpointsWatch['stop']>>;
  try {
    await act();
  } finally {
    seen = await watch.stop();
    for (const [name, { looks, fewest, selectors }] of seen) {
      say(`${name}: ${looks} looks, at least ${fewest} ready pods; selectors ${selectors.join(' then ')}`);
    }
  }
  const empty = [...seen].filter(([, { fewest }]) => fewest === 0);
  if (empty.length > 0) {
    throw new Error(
      empty.map(([name, seenOf]) => `Service ${name} led nowhere for ${seenOf.emptyMilliseconds} ms`).join('\n'),
    );
  }
}
