import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { fieldsAt, type KubeObject } from '../../lib/kube';
import { lostFields } from '../../lib/preflight/lost-fields';
import { canaryEvents, waitForPhase } from '../lib/canaries';
import { definitionsOf } from '../lib/crds';
import { FluxApply } from '../lib/flux-apply';
import { conditionOf, kustomizations } from '../lib/flux-watch';
import type { GitServer } from '../lib/git-server';
import { applyAll, type KubeClient, type LiveObject } from '../lib/kube-client';
import { type Say, Skip } from '../lib/report';
import { saidByDiff } from '../lib/said-by-diff';
import type { Tier } from '../lib/tier';
import { run } from '../lib/tools';
import { sleep, waitFor } from '../lib/wait';

export const title = 'Findings and Flagger';

const interval = '10s';
const tickMilliseconds = 10_000;
const name = 'web';

type Json = Record<string, unknown>;

interface Finding {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  readonly fix: string;
}

export interface FindingsParts {
  readonly git: GitServer;
  /** Where the load tester that is no imitation is reached. */
  readonly serve: (host: string, address: string) => void;
  readonly loadTester: () => Promise<string>;
}

/** A state of the manifests, in a namespace of its own. */
interface World {
  readonly namespace: string;
  readonly objects: readonly KubeObject[];
}

const deployment = (namespace: string, tag = '1.0.0'): KubeObject =>
  ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          containers: [
            { name: 'server', image: `registry.example.com/${name}:${tag}`, ports: [{ containerPort: 8080 }] },
          ],
        },
      },
    },
  }) as KubeObject;

/** Blue/Green without metrics: nothing but what is asked about decides. */
const canary = (namespace: string, spec: Json = {}, analysis: Json = {}): KubeObject =>
  ({
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: { name, namespace },
    spec: {
      provider: 'kubernetes',
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      service: { port: 80, targetPort: 8080 },
      ...spec,
      analysis: { interval, threshold: 2, iterations: 2, ...analysis },
    },
  }) as KubeObject;

const object = (apiVersion: string, kind: string, one: string, namespace: string, spec: Json): KubeObject =>
  ({ apiVersion, kind, metadata: { name: one, namespace }, spec }) as KubeObject;

/** What real components make of the states that rules of preflight speak of, a bad and a good one each. */
export async function runFindings(tier: Tier, parts: FindingsParts): Promise<void> {
  const { root, reporter, client } = tier;
  if (!reporter.isWanted(title)) return;
  const crds = definitionsOf(root, ['gateway.solo.io', 'gloo.solo.io', 'keda.sh']);
  if (crds.length > 0) await installed(client, crds);
  await Promise.all([
    takeOvers(tier, crds.length > 0),
    endings(tier, parts),
    gates(tier, parts),
    scalers(tier, crds.length > 0),
    suspended(tier),
  ]);
}

async function installed(client: KubeClient, crds: readonly { object: KubeObject; text: string }[]): Promise<void> {
  const { refusals } = await applyAll(client, crds);
  if (refusals.length > 0) throw new Error(refusals.map(({ message }) => message).join('\n'));
  await waitFor(
    'the definitions of the providers',
    async () => {
      const all = await client.list('apiextensions.k8s.io/v1', 'CustomResourceDefinition');
      const served = new Set(
        all.filter((one) => conditionOf(one, 'Established')?.status === 'True').map(({ metadata }) => metadata.name),
      );
      return crds.every((one) => served.has(one.object.metadata.name)) ? true : undefined;
    },
    { timeoutSeconds: 60 },
  );
  client.forgetKinds();
}

/** What `aviary preflight --manifests` says of a world, and of what else is written in the same repository. */
async function preflight(
  { root, folder }: Tier,
  { namespace, objects }: World,
  more: readonly KubeObject[] = [],
): Promise<Finding[]> {
  const place = join(folder, 'findings', namespace);
  const write = (path: string, list: readonly KubeObject[]): void =>
    put(join(place, path), list.map((one) => stringify(one)).join('---\n'));
  write(join(namespace, 'world.yaml'), objects);
  if (more.length > 0) write('flux.yaml', more);
  const program = [join(root, 'bin', 'aviary.js'), 'preflight', '--manifests', place, '--format', 'json'];
  // Its exit code tells of findings: the report is on stdout all the same.
  const text = await run('sh', ['-c', '"$0" "$@" || [ $? -eq 1 ]', process.execPath, ...program], { cwd: root });
  return (JSON.parse(text) as { findings: Finding[] }).findings;
}

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

const ofCode = (findings: readonly Finding[], code: string): Finding | undefined =>
  findings.find((one) => one.code === code);

async function applied(client: KubeClient, world: World, flux = new FluxApply(client)): Promise<FluxApply> {
  await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: world.namespace } });
  const { refusals } = await flux.reconcile(world.objects.map((one) => ({ object: one })));
  if (refusals.length > 0) throw new Error(refusals.map((one) => `${one.object}: ${one.message}`).join('\n'));
  return flux;
}

const initialized = (client: KubeClient, namespace: string): Promise<string> =>
  waitForPhase(client, { namespace, name }, ['Initialized'], 180);

async function release(client: KubeClient, namespace: string): Promise<void> {
  const patch = [
    { op: 'replace', path: '/spec/template/spec/containers/0/image', value: `registry.example.com/${name}:2.0.0` },
  ];
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
  await client.call('PATCH', path, JSON.stringify(patch), 'application/json-patch+json');
}

interface TakeOver {
  readonly what: string;
  readonly provider: string;
  readonly route: KubeObject;
  readonly isBad: boolean;
}

/** Routes from Git whose names are those of the ones that Flagger makes; and one with a name of its own. */
function routes(): TakeOver[] {
  const proxy = (what: string, one: string, spec: Json, isBad = true): TakeOver => ({
    what,
    provider: 'contour',
    route: object('projectcontour.io/v1', 'HTTPProxy', one, `taken-${what}`, spec),
    isBad,
  });
  const services = [{ name, port: 80 }];
  return [
    proxy('contour-route', name, {
      routes: [{ conditions: [{ prefix: '/' }], enableWebsockets: true, timeoutPolicy: { response: '1m' }, services }],
    }),
    proxy('contour-root', name, { virtualhost: { fqdn: 'shop.example.com' }, routes: [{ services }] }),
    proxy('contour-own-name', 'root', { virtualhost: { fqdn: 'shop.example.com' }, includes: [{ name }] }, false),
    {
      what: 'traefik',
      provider: 'traefik',
      route: object('traefik.io/v1alpha1', 'TraefikService', name, 'taken-traefik', {
        weighted: { services: [{ name, port: 80 }], sticky: { cookie: { name: 'shop' } } },
      }),
      isBad: true,
    },
    {
      what: 'gloo',
      provider: 'gloo',
      route: object('gateway.solo.io/v1', 'RouteTable', name, 'taken-gloo', {
        weight: 10,
        routes: [
          {
            matchers: [{ prefix: '/' }],
            options: { prefixRewrite: '/v1' },
            routeAction: { single: { upstream: { name: 'shop', namespace: 'gloo-system' } } },
          },
        ],
      }),
      isBad: true,
    },
    {
      what: 'linkerd',
      provider: 'linkerd',
      route: object('split.smi-spec.io/v1alpha1', 'TrafficSplit', name, 'taken-linkerd', {
        service: name,
        backends: [{ service: 'web-blue', weight: '100' }],
      }),
      isBad: true,
    },
  ];
}

async function takeOvers(tier: Tier, isHere: boolean): Promise<void> {
  const { reporter, client } = tier;
  for (const { what, provider, route, isBad } of routes())
    await reporter.step(title, `a route of the apex name: ${what}`, async (say) => {
      if (!isHere) throw new Skip('the definitions of the providers are not beside the project');
      const namespace = `taken-${what}`;
      const analysis = { iterations: undefined, stepWeight: 20, maxWeight: 60 };
      const world = { namespace, objects: [deployment(namespace), route, canary(namespace, { provider }, analysis)] };
      const finding = ofCode(await preflight(tier, world), 'route-takeover');
      say(`preflight: ${finding?.message ?? 'nothing'}`);
      const flux = await applied(client, world);
      await initialized(client, namespace);
      const lost = async (): Promise<readonly string[]> => {
        const live = await client.get(route.apiVersion, route.kind, namespace, route.metadata.name);
        return lostFields(route.spec, live?.spec);
      };
      const gone = await lost();
      say(
        `the real Flagger: ${gone.length > 0 ? `of ${route.kind} ${route.metadata.name} ${gone.join(', ')} gone` : `nothing of ${route.kind} ${route.metadata.name} is lost`}`,
      );
      const said = /, and (.*) (?:is|are) lost$/.exec(finding?.message ?? '')?.[1]?.split(', ') ?? [];
      if ((finding !== undefined) !== isBad)
        throw new Error(`preflight says ${finding ? '' : 'not '}that it is overwritten`);
      if (String([...gone].sort()) !== String([...said].sort()))
        throw new Error(
          `preflight says that ${said.join(', ') || 'nothing'} is lost, and lost is ${gone.join(', ') || 'nothing'}`,
        );
      if (!isBad) return;
      await foughtFor(client, world, route, flux, say);
    });
}

/** Whoever applies Git again: Flux, which passes over what Flagger marks so, and somebody who does not ask. */
async function foughtFor(
  client: KubeClient,
  world: World,
  route: KubeObject,
  flux: FluxApply,
  say: Say,
): Promise<void> {
  const { namespace } = world;
  const live = () => client.get(route.apiVersion, route.kind, namespace, route.metadata.name);
  const isTheirs = async (): Promise<boolean> => {
    const now = (await live())?.spec;
    return lostFields(route.spec, now).length === 0 && !JSON.stringify(now).includes(`${name}-primary`);
  };
  const isMarked = (await live())?.metadata.annotations?.['kustomize.toolkit.fluxcd.io/reconcile'] === 'disabled';
  await applied(client, world, flux);
  const afterFlux = await isTheirs();
  await client.apply(route);
  const afterApply = await isTheirs();
  await sleep(1.5 * tickMilliseconds);
  const atLast = await isTheirs();
  const whose = (theirs: boolean): string => (theirs ? 'as it is in Git' : 'as Flagger writes it');
  say(
    `marked for Flux: ${isMarked ? 'yes' : 'no'}; applied again by Flux' rules: ${whose(afterFlux)}; by another one: ${whose(afterApply)}; a tick later: ${whose(atLast)}`,
  );
  const wanted = route.kind !== 'TrafficSplit';
  if (isMarked !== wanted || afterFlux === isMarked || !afterApply || atLast)
    throw new Error('it is fought for in another way than preflight says');
}

/** Target and Canary leave Git in one commit, with and without revertOnDeletion; and the Canary before its target. */
async function endings(tier: Tier, { git }: FindingsParts): Promise<void> {
  const { reporter, client, folder } = tier;
  const worlds = [
    { namespace: 'ends-reverting', isReverting: true },
    { namespace: 'ends-plainly', isReverting: false },
    { namespace: 'ends-in-turn', isReverting: true },
  ];
  const tree = join(folder, 'findings-tree');
  const write = (left: (namespace: string) => readonly KubeObject[]): void => {
    for (const { namespace } of worlds) {
      const note = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'stays', namespace } } as KubeObject;
      put(join(tree, namespace, 'all.yaml'), [note, ...left(namespace)].map((one) => stringify(one)).join('---\n'));
    }
  };
  const whole = (namespace: string): KubeObject[] => [
    deployment(namespace),
    canary(namespace, { revertOnDeletion: worlds.find((one) => one.namespace === namespace)!.isReverting }),
  ];
  const isUp = await reporter.step(title, 'a Canary and its target in one Kustomization that prunes', async (say) => {
    await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flux-system' } });
    write(whole);
    await git.push(tree, 'services');
    await client.apply(
      object('source.toolkit.fluxcd.io/v1', 'GitRepository', 'findings', 'flux-system', {
        interval: '5s',
        url: git.url,
        ref: { branch: 'main' },
      }),
    );
    for (const { namespace } of worlds) {
      await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
      await client.apply(kustomization(namespace));
    }
    for (const { namespace } of worlds) await initialized(client, namespace);
    say(`${worlds.length} Canaries Initialized`);
  });
  if (!isUp) return;
  const said = new Map<string, Finding | undefined>();
  for (const { namespace } of worlds)
    said.set(
      namespace,
      ofCode(
        await preflight(tier, { namespace, objects: whole(namespace) }, [kustomization(namespace)]),
        'revert-needs-target',
      ),
    );
  write((namespace) => (namespace === 'ends-in-turn' ? [deployment(namespace)] : []));
  await git.push(tree, 'they go');
  await sleep(45_000);
  const canaryOf = (namespace: string): Promise<LiveObject | undefined> =>
    client.get('flagger.app/v1beta1', 'Canary', namespace, name);
  const deploymentsOf = async (namespace: string): Promise<string> =>
    (await client.list('apps/v1', 'Deployment', namespace))
      .map(({ metadata, status }) => `${metadata.name} (${status?.readyReplicas ?? 0} ready)`)
      .join(', ') || 'none';
  for (const { namespace, isReverting } of worlds)
    await reporter.step(title, namespace, async (say) => {
      const finding = said.get(namespace);
      say(`preflight: ${finding?.message ?? 'nothing'}`);
      if (finding) say(`its remedy: ${finding.fix}`);
      const left = await canaryOf(namespace);
      const events = await canaryEvents(client, { namespace, name });
      say(
        `45 s after the commit: Canary ${left ? `is Terminating, held by ${String(left.metadata.finalizers)}` : 'is gone'}; Deployments: ${await deploymentsOf(namespace)}`,
      );
      if (left) say(`Flagger: ${events.at(-1)}`);
      if ((finding !== undefined) !== isReverting)
        throw new Error('preflight does not say so where it is so, or says so where it is not');
      if ((left !== undefined) !== (namespace === 'ends-reverting'))
        throw new Error('it ended in another way than preflight says');
      if (namespace !== 'ends-in-turn') return;
      const target = await client.get('apps/v1', 'Deployment', namespace, name);
      if (!(target?.status?.readyReplicas > 0)) throw new Error('the target has no pods after the Canary has gone');
      write(() => []);
      await git.push(tree, 'and the target');
      await waitFor(
        'the target to be gone',
        async () => ((await client.get('apps/v1', 'Deployment', namespace, name)) ? undefined : true),
        { timeoutSeconds: 60 },
      );
      say(`the target in a commit after it: gone; Deployments: ${await deploymentsOf(namespace)}`);
    });
}

const kustomization = (namespace: string): KubeObject =>
  object(kustomizations, 'Kustomization', namespace, 'flux-system', {
    interval: '5s',
    retryInterval: '5s',
    path: `./${namespace}`,
    prune: true,
    sourceRef: { kind: 'GitRepository', name: 'findings' },
  });

/** What answers a gate: a path of the load tester; and what has to come of it. */
const gateWorlds = [
  { what: 'halt', type: 'confirm-rollout', path: '/gate/halt', phase: 'Waiting' },
  { what: 'halt-promotion', type: 'confirm-promotion', path: '/gate/halt', phase: 'WaitingPromotion' },
  { what: 'open-itself', type: 'confirm-rollout', path: '/gate/open', phase: 'Succeeded' },
  { what: 'check', type: 'confirm-rollout', path: '/gate/check', phase: 'Waiting' },
  { what: 'approve', type: 'confirm-rollout', path: '/gate/approve', phase: 'Succeeded' },
] as const;

/** Gates with a fixed answer, asked of the real load tester. */
async function gates(tier: Tier, { serve, loadTester }: FindingsParts): Promise<void> {
  const { reporter, client } = tier;
  const worlds = gateWorlds.map((one) => {
    const namespace = `gate-${one.what}`;
    const hook = { name: 'gate', type: one.type, url: `http://flagger-loadtester.${namespace}${one.path}` };
    const gateKeeper = object('v1', 'Service', 'flagger-loadtester', namespace, {
      selector: { app: 'flagger-loadtester' },
      ports: [{ name: 'http', port: 80, targetPort: 8080 }],
    });
    return {
      ...one,
      namespace,
      objects: [deployment(namespace), gateKeeper, canary(namespace, {}, { webhooks: [hook] })],
    };
  });
  const isUp = await reporter.step(title, 'gates of the load tester: every Canary Initialized', async (say) => {
    const address = await loadTester();
    for (const { namespace } of worlds) serve(`flagger-loadtester.${namespace}`, address);
    for (const world of worlds) await applied(client, world);
    for (const { namespace } of worlds) await initialized(client, namespace);
    for (const { namespace } of worlds) await release(client, namespace);
    say(`${worlds.length} Canaries, a new image each`);
  });
  if (!isUp) return;
  await sleep(9 * tickMilliseconds);
  const phaseOf = async (namespace: string): Promise<string> =>
    String((await client.get('flagger.app/v1beta1', 'Canary', namespace, name))?.status?.phase);
  for (const world of worlds)
    await reporter.step(title, `a ${world.type} gate that asks ${world.path}`, async (say) => {
      const finding = ofCode(await preflight(tier, world), 'gate-never-opens');
      say(`preflight: ${finding?.message ?? 'nothing'}`);
      const phase = await phaseOf(world.namespace);
      const events = await canaryEvents(client, { namespace: world.namespace, name });
      say(`nine intervals after the new image: ${phase}; ${events.filter((one) => /gate|approval/i.test(one)).at(-1)}`);
      if (phase !== world.phase) throw new Error(`expected ${world.phase}`);
      const isBad = !['check', 'approve'].includes(world.what);
      if ((finding !== undefined) !== isBad)
        throw new Error('preflight does not say so where it is so, or says so where it is not');
      const saysForEver = /waits for ever/.test(finding?.message ?? '');
      if (finding && saysForEver !== (phase !== 'Succeeded')) throw new Error('it does not wait as preflight says');
      if (world.what !== 'check') return;
      const body = JSON.stringify({ name, namespace: world.namespace });
      await fetch(`${await loadTester()}/gate/open`, { method: 'POST', body });
      await waitForPhase(client, { namespace: world.namespace, name }, ['Succeeded'], 120);
      say('opened by a POST to /gate/open, as the remedy says: Succeeded');
    });
}

const ofHpa = (one: string, namespace: string, minReplicas: number): KubeObject =>
  object('autoscaling/v2', 'HorizontalPodAutoscaler', one, namespace, {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: one },
    minReplicas,
    maxReplicas: 9,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }],
  });
const ofKeda = (one: string, namespace: string): KubeObject =>
  object('keda.sh/v1alpha1', 'ScaledObject', one, namespace, {
    scaleTargetRef: { name: one },
    minReplicaCount: 2,
    triggers: [
      { type: 'cron', metadata: { timezone: 'UTC', start: '0 8 * * *', end: '0 18 * * *', desiredReplicas: '4' } },
    ],
  });
const refTo = (apiVersion: string, kind: string): Json => ({ autoscalerRef: { apiVersion, kind, name } });

/** Scalers of target and primary by hand, and by autoscalerRef. KEDA's part is imitated: it wakes what is not paused. */
async function scalers(tier: Tier, isHere: boolean): Promise<void> {
  const { reporter, client } = tier;
  const kedaRef = refTo('keda.sh/v1alpha1', 'ScaledObject');
  const hpaRef = refTo('autoscaling/v2', 'HorizontalPodAutoscaler');
  const of = (what: string, isBad: boolean, scaled: (namespace: string) => KubeObject[], spec: Json = {}) => {
    const namespace = `scaled-${what}`;
    return { what, isBad, namespace, objects: [deployment(namespace), ...scaled(namespace), canary(namespace, spec)] };
  };
  const worlds = [
    of('hpa-of-target-only', true, (one) => [ofHpa(name, one, 4)]),
    of('hpa-both-by-hand', false, (one) => [ofHpa(name, one, 4), ofHpa(`${name}-primary`, one, 4)]),
    of('hpa-by-reference', false, (one) => [ofHpa(name, one, 4)], hpaRef),
    of('keda-both-by-hand', true, (one) => [ofKeda(name, one), ofKeda(`${name}-primary`, one)]),
    of('keda-by-reference', false, (one) => [ofKeda(name, one)], kedaRef),
  ];
  const keda = new ImitatedKeda(client);
  const isUp = await reporter.step(title, 'scalers: every Canary Initialized', async () => {
    if (!isHere) throw new Skip('the definition of KEDA is not beside the project');
    for (const world of worlds) await applied(client, world);
    for (const { namespace } of worlds) await initialized(client, namespace);
    // What decides on a number of pods does so every 15 s.
    await sleep(20_000);
    keda.start();
    await sleep(2.5 * tickMilliseconds);
  });
  await keda.stop();
  if (!isUp) return;
  for (const world of worlds)
    await reporter.step(title, `scalers: ${world.what}`, async (say) => {
      const { namespace } = world;
      const finding = ofCode(await preflight(tier, world), 'hpa-without-autoscalerref');
      // Two by hand are right between rollouts; that a promotion writes over the primary's number is said of them.
      const isSaid = finding !== undefined && !finding.message.startsWith('each promotion ');
      say(`preflight: ${finding?.message ?? 'nothing'}`);
      const replicas = async (one: string): Promise<number> =>
        Number((await client.get('apps/v1', 'Deployment', namespace, one))?.spec.replicas);
      const [target, primary] = [await replicas(name), await replicas(`${name}-primary`)];
      const paused = (await client.get('keda.sh/v1alpha1', 'ScaledObject', namespace, name))?.metadata.annotations;
      const pause = paused?.['autoscaling.keda.sh/paused-replicas'];
      const isKeda = world.what.startsWith('keda');
      say(
        `pods between rollouts: target ${target}, primary ${primary}${isKeda ? `; its ScaledObject is ${pause === undefined ? 'not paused' : `paused at ${pause}`}` : ''}`,
      );
      if (isSaid !== world.isBad)
        throw new Error('preflight does not say so where it is so, or says so where it is not');
      if (isKeda) {
        if ((pause === undefined) !== world.isBad || target > 0 !== world.isBad)
          throw new Error('the target has other pods than preflight says');
      } else if (primary >= 4 === world.isBad) throw new Error('the primary has other pods than preflight says');
      else if (target > 0) throw new Error('the target has pods between rollouts');
    });
}

/**
 * KEDA, as far as it brings a workload without pods back to its smallest number: not that of a ScaledObject that is paused.
 *
 * @see kedacore/keda v2.17 pkg/scaling/executor/scale_scaledobjects.go (RequestScale)
 */
class ImitatedKeda {
  private running: Promise<void> = Promise.resolve();
  private ending = false;

  constructor(private readonly client: KubeClient) {}

  start(): void {
    this.running = this.loop();
    this.running.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.ending = true;
    await this.running;
  }

  private async loop(): Promise<void> {
    while (!this.ending) {
      for (const { metadata, spec } of await this.client.list('keda.sh/v1alpha1', 'ScaledObject')) {
        const { namespace = '', annotations = {} } = metadata;
        const one = fieldsAt(spec, 'scaleTargetRef').name as string;
        const live = await this.client.get('apps/v1', 'Deployment', namespace, one);
        const isPaused = annotations['autoscaling.keda.sh/paused-replicas'] !== undefined;
        if (live && !isPaused && Number(live.spec.replicas) < Number(spec.minReplicaCount))
          await this.client.merge('apps/v1', 'Deployment', namespace, one, {
            spec: { replicas: spec.minReplicaCount },
          });
      }
      await sleep(1000);
    }
  }
}

/** A new image of a service whose Canary is suspended, against the words of diff. */
async function suspended({ reporter, client }: Tier): Promise<void> {
  const namespace = 'suspended';
  await reporter.step(title, 'diff: a new image, and the Canary is suspended', async (say) => {
    const state = (tag: string, isSuspended: boolean): World => ({
      namespace,
      objects: [deployment(namespace, tag), canary(namespace, isSuspended ? { suspend: true } : {})],
    });
    const filed = ({ objects }: World) => objects.map((one) => ({ object: one }));
    const flux = await applied(client, state('1.0.0', false));
    await initialized(client, namespace);
    await applied(client, state('1.0.0', true), flux);
    const [before, after] = [state('1.0.0', true), state('2.0.0', true)];
    const { report } = saidByDiff(filed(before), filed(after));
    const said = report.dangers.map(({ message }) => message).join('; ');
    const effects = report.clusters.flatMap((one) => one.services.flatMap((all) => all.effects));
    say(`diff: ${said}; ${effects.join('; ')}`);
    await applied(client, after, flux);
    await sleep(3.5 * tickMilliseconds);
    const imageOf = async (one: string): Promise<string> =>
      String((await client.get('apps/v1', 'Deployment', namespace, one))?.spec.template.spec.containers[0].image);
    const pods = await client.list('v1', 'Pod', namespace);
    const images = [...new Set(pods.map(({ spec }) => String(spec.containers[0].image)))];
    const live = await client.get('flagger.app/v1beta1', 'Canary', namespace, name);
    say(
      `three intervals later: ${pods.length} pods, of ${images.join(', ')}; the target says ${await imageOf(name)}, the primary ${await imageOf(`${name}-primary`)}; ${live?.status?.phase}`,
    );
    const isSaid = said.includes('gets no pods') && effects.some((one) => /no rollout/.test(one));
    if (images.some((image) => image.endsWith(':2.0.0')) || !isSaid)
      throw new Error('the new version has pods, or diff says that it has');
    await applied(client, state('2.0.0', false), flux);
    await waitForPhase(client, { namespace, name }, ['Progressing'], 60);
    say('resumed: the rollout begins');
  });
}
