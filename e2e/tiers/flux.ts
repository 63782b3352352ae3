import { join } from 'node:path';
import { announcedTicks, canaryEvents, followRollouts, type Observed, waitForPhase } from '../lib/canaries';
import {
  changedBy,
  conditionOf,
  kustomizations,
  ReadyWatch,
  readApplies,
  readFailures,
  type Shown,
} from '../lib/flux-watch';
import type { GitServer } from '../lib/git-server';
import { applyAll, type KubeClient, type LiveObject } from '../lib/kube-client';
import { type FiledObject, readTree } from '../lib/manifests';
import { type OciRegistry, standInChart } from '../lib/oci-registry';
import type { Say } from '../lib/report';
import { synthTree } from '../lib/synth';
import type { Tier } from '../lib/tier';
import { sleep, waitFor } from '../lib/wait';
import type { Mesh } from '../mesh/mesh';
import {
  catalogStreams,
  cluster,
  localPatches,
  namespace,
  onlineBoutique,
  type Release,
  wantedCharts,
} from './flux-shop';

export const title = 'Flux';

/** Of every Kustomization; the project writes 10 m, and 2 m after a failure. */
const interval = '10s';
const tickSeconds = 10;
const settleSeconds = 30;
/** Of each wave, beyond its longest rollout: Flagger's next tick, Flux' next look (5 s) and the next wave's dependency (2 s). */
const waveOverheadSeconds = 30;
/** Time in which a release that starts no rollout is applied in all layers. */
const quietSeconds = 90;

export interface FluxParts {
  readonly mesh: Mesh;
  readonly git: GitServer;
  readonly registry: OciRegistry;
  /** What kustomize-controller has logged until now. */
  readonly log: () => string;
  /** For programs of their own that read the cluster. */
  readonly reading: Reading;
}

/** How somebody reads the cluster who must not write. */
export interface Reading {
  readonly kubeconfig: string;
  /** What the API server wrote down of his requests. */
  readonly auditLog: string;
  /** By the addresses that Flagger has, where each Prometheus is on this machine. */
  readonly prometheus: Readonly<Record<string, string>>;
}

const isWave = (name: string): boolean => name.startsWith('apps-');

export async function allReady(
  client: KubeClient,
  revision: string,
  timeoutSeconds: number,
): Promise<Map<string, number>> {
  const started = Date.now();
  const ready = new Map<string, number>();
  await waitFor(
    `every Kustomization Ready at ${revision.slice(0, 12)}`,
    async () => {
      const all = await client.list(kustomizations, 'Kustomization', 'flux-system');
      for (const one of all) {
        const { name } = one.metadata;
        const isReady =
          conditionOf(one, 'Ready')?.status === 'True' && String(one.status.lastAppliedRevision).includes(revision);
        if (isReady && !ready.has(name)) ready.set(name, (Date.now() - started) / 1000);
      }
      return all.length > 1 && all.every(({ metadata }) => ready.has(metadata.name)) ? true : undefined;
    },
    {
      timeoutSeconds,
      pollMilliseconds: 500,
      describe: async () =>
        (await client.list(kustomizations, 'Kustomization', 'flux-system'))
          .filter(({ metadata }) => !ready.has(metadata.name))
          .map((one) => `${one.metadata.name}: ${conditionOf(one, 'Ready')?.message ?? 'no condition'}`)
          .join('; '),
    },
  );
  return ready;
}

/** Asks source-controller to look now, as `flux reconcile source git` does; every Kustomization follows. */
export async function reconcileNow(client: KubeClient): Promise<void> {
  const patch = { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': new Date().toISOString() } } };
  await client.merge('source.toolkit.fluxcd.io/v1', 'GitRepository', 'flux-system', 'flux-system', patch);
}

const canaries = (client: KubeClient): Promise<LiveObject[]> => client.list('flagger.app/v1beta1', 'Canary', namespace);

/** The whole cluster folder, from the sync objects on, by the real Flux and the real Flagger. */
export async function runFlux({ root, folder, reporter, client }: Tier, parts: FluxParts): Promise<void> {
  if (!reporter.isWanted(title)) return;
  const { mesh, git, registry, log } = parts;
  mesh.streams.push(...catalogStreams(root));
  const release = async (
    name: string,
    fields: Omit<Release, 'url' | 'patches'>,
  ): Promise<{ commit: string; tree: string; plain: FiledObject[] }> => {
    const synth = (suffix: string, more: Partial<Release>): Promise<string> =>
      synthTree(root, folder, `${name}${suffix}`, onlineBoutique(root, { url: git.url, ...fields, ...more }));
    // As the project writes it; then the same with what this machine needs.
    const plain = readTree(await synth('-plain', {}));
    const tree = await synth('', { patches: localPatches(plain, registry.address, interval) });
    return { commit: await git.push(tree, name), tree, plain };
  };

  const installed = await reporter.step(
    title,
    'from the sync objects to Ready, in the order of the layers',
    async (say) => {
      const { commit, tree, plain } = await release('boutique-1', { tag: 'v0.10.5' });
      for (const { repository, tag } of wantedCharts(plain)) {
        registry.pushChart(repository, tag, standInChart(repository.replace(/.*\//, ''), tag));
      }
      await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flux-system' } });
      const { refusals } = await applyAll(client, readTree(join(tree, 'clusters', cluster, 'flux-system')));
      if (refusals.length > 0) throw new Error(refusals.map(({ message }) => message).join('\n'));
      const ready = await allReady(client, commit, 600);
      for (const [name, seconds] of ready) say(`${name} Ready after ${seconds.toFixed(0)} s`);
      await checkOrder(client, [...ready.keys()]);
      await checkCharts(client, say);
    },
  );
  if (!installed) return;

  await reporter.step(title, 'what Flagger changes is not fought: ten intervals change nothing', async (say) => {
    const before = await watched(client);
    const from = Date.now();
    const applies = (): ReturnType<typeof readApplies> =>
      readApplies(log()).filter(({ kustomization, at }) => isWave(kustomization) && at > from);
    const waves = (await client.list(kustomizations, 'Kustomization', 'flux-system'))
      .map(({ metadata }) => metadata.name)
      .filter(isWave);
    const count = (wave: string): number => applies().filter(({ kustomization }) => kustomization === wave).length;
    await waitFor('ten applies of every wave', () => (waves.every((wave) => count(wave) >= 10) ? true : undefined), {
      timeoutSeconds: 360,
      describe: () => waves.map((wave) => `${wave} ${count(wave)}`).join(', '),
    });
    const after = await watched(client);
    say(
      `${applies().length} applies of ${waves.length} waves in ${((Date.now() - from) / 1000).toFixed(0)} s, ` +
        `${new Set(applies().flatMap(({ output }) => Object.keys(output))).size} objects: all "unchanged" or "skipped"`,
    );
    say(`${before.size} Deployments, Canaries, Services and routes: generation and spec stood still`);
    const moved = [...before].filter(([key, state]) => after.get(key) !== state);
    const problems = [
      ...applies().flatMap(changedBy),
      ...moved.map(([key, state]) => `${key}: ${state} became ${after.get(key)}`),
    ];
    if (problems.length > 0) throw new Error(problems.join('\n'));
  });

  await reporter.step(title, 'one release changes every image: wave by wave, every canary Succeeded', async (say) => {
    const { commit } = await release('boutique-2', { tag: 'v0.10.6' });
    const watch = new ReadyWatch(client, isWave);
    watch.start();
    const names = (await canaries(client)).map(({ metadata }) => metadata.name);
    const started = Date.now();
    await reconcileNow(client);
    const rollouts = followRollouts(
      client,
      names.map((name) => ({ namespace, name })),
      900,
    );
    const ready = await allReady(client, commit, 900);
    for (const [name, seconds] of ready) say(`${name} Ready after ${seconds.toFixed(0)} s`);
    const ended = await rollouts;
    const all = Math.max(...[...ended.values()].map(endOf));
    const problems: string[] = [];
    const waves = await wavesOfCanaries(client);
    const longest = new Map<string, number>();
    for (const canary of await canaries(client)) {
      const { name } = canary.metadata;
      const end = ended.get(`${namespace}/${name}`);
      const wave = waves.get(`${namespace}/${name}`) ?? 'no wave';
      const announced = announcedTicks(canary)?.success ?? Number.NaN;
      const waiting = await ticksOfStart(client, name);
      const ticks = end && Math.round(end.seconds / tickSeconds);
      longest.set(wave, Math.max(longest.get(wave) ?? 0, announced - waiting));
      say(
        `${wave} ${name}: ${end?.phase ?? 'no end'}, from ${end && ((end.startedAt - started) / 1000).toFixed(0)} s on ` +
          `${end?.seconds.toFixed(0)} s: tick ${ticks}, announced ${announced}` +
          (waiting > 0 ? `, ${waiting} of them for the first readiness probe; pods are ready at once here` : ''),
      );
      if (end?.phase !== 'Succeeded') problems.push(`${name}: ${end?.phase ?? 'no end'}`);
      else if (ticks !== announced - waiting)
        problems.push(`${name}: took ${ticks} ticks, ${announced} were announced`);
    }
    const total = (all - started) / 1000;
    const computed = [...longest.values()].reduce((sum, ticks) => sum + ticks * tickSeconds, 0);
    say(
      `12 services, ${names.length} canaries, ${total.toFixed(0)} s from the push to the last end; computed: the longest rollouts of ` +
        `${longest.size} waves one after the other, ${computed} s`,
    );
    if (!(total <= computed + longest.size * waveOverheadSeconds))
      problems.push(`${total} s is more than ${waveOverheadSeconds} s a wave above the computed ${computed} s`);
    problems.push(...outOfOrder(waves, ended, started, ready, say));
    const changed = readApplies(log())
      .filter(({ kustomization, at }) => {
        const readyAt = started + (ready.get(kustomization) ?? 0) * 1000;
        return isWave(kustomization) && at > readyAt && at < all;
      })
      .flatMap(changedBy);
    say(`applies of a wave after it was Ready that changed an object: ${changed.length}`);
    problems.push(...changed);
    // Once a wave is Ready, its intervals come and go.
    tell(
      say,
      (await watch.stop()).filter(({ name, seconds }) => seconds <= (ready.get(name) ?? 0) + 3),
    );
    if (problems.length > 0) throw new Error(problems.join('\n'));
  });

  const failing = ['adservice', 'currencyservice'];
  await reporter.step(title, 'rollouts that fail are rolled back and fail their Kustomization', async (say) => {
    const tags = Object.fromEntries(failing.map((name) => [name, 'v0.10.7-errors']));
    const { commit } = await release('boutique-3', { tag: 'v0.10.6', tags });
    const watch = new ReadyWatch(client, isWave);
    watch.start();
    await reconcileNow(client);
    const phases = failing.map((name) => tellPhases(client, name, watch, say));
    for (const name of failing) await waitForPhase(client, { namespace, name }, ['Failed'], 240);
    const wave = await waitFor(
      'apps-wave-0 to tell of it',
      async () => {
        const one = await client.get(kustomizations, 'Kustomization', 'flux-system', 'apps-wave-0');
        const ready = conditionOf(one, 'Ready');
        // It names the first that it looks at: Flux ends the health check with one failure.
        return ready?.status === 'False' && failing.some((name) => ready.message.includes(name)) ? ready : undefined;
      },
      { timeoutSeconds: 120 },
    );
    // What the waves after it make of that.
    await sleep(settleSeconds * 1000);
    for (const phase of phases) await phase.stop();
    say(`commit ${commit.slice(0, 12)}; apps-wave-0 at the end: ${wave.reason}: ${wave.message}`);
    const shown = await watch.stop();
    tell(say, shown);
    for (const name of failing)
      for (const event of (await canaryEvents(client, { namespace, name })).slice(-4)) say(event);
    const tooEarly = shown.filter(({ status, message }) => status === 'True' && message.includes(commit));
    if (tooEarly.length > 0) throw new Error(`${tooEarly[0]?.name} was Ready with a release that failed`);
  });

  await reporter.step(
    title,
    'the release after the failed one heals it: a mended image and a reverted one',
    async (say) => {
      const { commit } = await release('boutique-4', { tag: 'v0.10.6', tags: { currencyservice: 'v0.10.8' } });
      const watch = new ReadyWatch(client, isWave);
      watch.start();
      await reconcileNow(client);
      const phases = failing.map((name) => tellPhases(client, name, watch, say));
      for (const name of failing) await waitForPhase(client, { namespace, name }, ['Succeeded'], 240);
      await allReady(client, commit, 300);
      for (const phase of phases) await phase.stop();
      say(`every Kustomization Ready after ${watch.seconds.toFixed(0)} s`);
      tell(say, await watch.stop());
      const failures = readFailures(log()).filter(({ revision }) => revision.includes(commit));
      say(`reconciliations of the new revision that failed: ${failures.length}`);
      if (failures.length > 0)
        throw new Error(failures.map(({ kustomization, error }) => `${kustomization}: ${error}`).join('\n'));
    },
  );

  const settings = { threshold: 4, replicas: { emailservice: 2 } };
  await reporter.step(title, 'a change that starts no rollout holds nothing', async (say) => {
    const state = async (): Promise<Map<string, string>> =>
      new Map(
        (await canaries(client)).map(({ metadata, status }) => [
          metadata.name,
          `${status.phase} ${status.lastAppliedSpec} ${JSON.stringify(status.trackedConfigs)}`,
        ]),
      );
    const before = await state();
    const { commit } = await release('boutique-5', {
      tag: 'v0.10.6',
      tags: { currencyservice: 'v0.10.8' },
      ...settings,
    });
    await reconcileNow(client);
    const ready = await allReady(client, commit, quietSeconds);
    for (const [name, seconds] of ready) if (isWave(name)) say(`${name} Ready after ${seconds.toFixed(0)} s`);
    const thresholds = (await canaries(client)).map(({ spec }) => Number(spec.analysis.threshold));
    const scaler = await client.get('autoscaling/v2', 'HorizontalPodAutoscaler', namespace, 'emailservice');
    say(
      `threshold of the analyses: ${[...new Set(thresholds)].join(', ')}; pods of emailservice: ${scaler?.spec.minReplicas}`,
    );
    // A rollout would have begun by now.
    await sleep(2 * tickSeconds * 1000);
    const after = await state();
    const moved = [...before].filter(([name, text]) => after.get(name) !== text);
    say(`${before.size} Canaries, ${moved.length} of them with another phase, template or configuration`);
    if (moved.length > 0)
      throw new Error(moved.map(([name, text]) => `${name}: ${text} became ${after.get(name)}`).join('\n'));
    if (thresholds.some((threshold) => threshold !== settings.threshold) || scaler?.spec.minReplicas !== 2)
      throw new Error('the change is not there');
  });

  await reporter.step(title, 'services removed from the catalog disappear', async (say) => {
    const fields = { tag: 'v0.10.6', tags: { currencyservice: 'v0.10.8' }, ...settings };
    const gone = (apiVersion: string, kind: string, name: string): Promise<true> =>
      waitFor(
        `${kind} ${name} to be gone`,
        async () => ((await client.get(apiVersion, kind, namespace, name)) ? undefined : true),
        { timeoutSeconds: 120 },
      );
    const first = await release('boutique-6', { ...fields, without: ['loadgenerator'], leaving: ['adservice'] });
    await reconcileNow(client);
    await gone('apps/v1', 'Deployment', 'loadgenerator');
    say(`loadgenerator, without a canary and alone in its wave: pruned at ${first.commit.slice(0, 12)}`);
    await waitFor(
      'Kustomization apps-wave-4 to be gone',
      async () =>
        (await client.get(kustomizations, 'Kustomization', 'flux-system', 'apps-wave-4')) ? undefined : true,
      { timeoutSeconds: 120 },
    );
    await waitFor(
      'Canary adservice to have no finalizer',
      async () => {
        const canary = await client.get('flagger.app/v1beta1', 'Canary', namespace, 'adservice');
        const finalizers = (canary?.metadata.finalizers ?? []) as readonly string[];
        return finalizers.length > 0 ? undefined : true;
      },
      { timeoutSeconds: 120 },
    );
    const second = await release('boutique-7', { ...fields, without: ['loadgenerator', 'adservice'] });
    await reconcileNow(client);
    await gone('flagger.app/v1beta1', 'Canary', 'adservice');
    for (const name of ['adservice', 'adservice-primary']) await gone('apps/v1', 'Deployment', name);
    await gone('networking.istio.io/v1', 'VirtualService', 'adservice');
    const left = await client.list('v1', 'Service', namespace);
    const services = left.filter(({ metadata }) => metadata.name.startsWith('adservice'));
    say(
      `adservice, with a canary, in two commits (docs/decisions/0001): pruned at ${second.commit.slice(0, 12)}; ` +
        `left: ${services.map(({ metadata }) => `Service ${metadata.name}`).join(', ') || 'nothing'}`,
    );
  });
}

/** Ticks that a rollout waits for the first readiness probe, by the Deployment's own words. */
async function ticksOfStart(client: KubeClient, name: string): Promise<number> {
  const deployment = await client.get('apps/v1', 'Deployment', namespace, name);
  const [container] = deployment?.spec.template.spec.containers ?? [];
  const seconds = Number(container?.readinessProbe?.initialDelaySeconds ?? 0);
  return Math.max(0, Math.ceil(seconds / tickSeconds) - 1);
}

/** What Flux would undo or redo, with what it says: compared as text. */
export async function watched(client: KubeClient): Promise<Map<string, string>> {
  const kinds: [string, string][] = [
    ['apps/v1', 'Deployment'],
    ['flagger.app/v1beta1', 'Canary'],
    ['networking.istio.io/v1', 'VirtualService'],
    ['networking.istio.io/v1', 'DestinationRule'],
    ['v1', 'Service'],
  ];
  const lists = await Promise.all(kinds.map(([apiVersion, kind]) => client.list(apiVersion, kind, namespace)));
  // A Service has no generation, and nobody writes its status here: its version is that of its spec.
  const state = ({ kind, metadata, spec }: LiveObject): string =>
    `${metadata.generation ?? ''} ${kind === 'Service' ? metadata.resourceVersion : ''} ${JSON.stringify(spec)}`;
  return new Map(lists.flat().map((object) => [`${object.kind} ${object.metadata.name}`, state(object)]));
}

const tell = (say: Say, shown: readonly Shown[]): void => {
  for (const { name, seconds, status, reason, message } of shown) {
    say(`at ${seconds.toFixed(1)} s ${name}: Ready ${status}, ${reason}: ${message}`);
  }
};

/** Tells the phases of one Canary beside the conditions of the Kustomizations. */
function tellPhases(client: KubeClient, name: string, watch: ReadyWatch, say: Say): { stop: () => Promise<void> } {
  let isEnding = false;
  const loop = async (): Promise<void> => {
    let last = '';
    while (!isEnding) {
      const canary = await client.get('flagger.app/v1beta1', 'Canary', namespace, name);
      const phase = String(canary?.status?.phase ?? 'none');
      if (phase !== last) say(`at ${watch.seconds.toFixed(1)} s Canary ${name}: ${phase}`);
      last = phase;
      await sleep(250);
    }
  };
  const running = loop();
  // A step that fails leaves the loop behind: the end of the cluster ends it.
  running.catch(() => undefined);
  return {
    stop: async () => {
      isEnding = true;
      await running;
    },
  };
}

/** Each Kustomization became Ready after those that it depends on. */
async function checkOrder(client: KubeClient, order: readonly string[]): Promise<void> {
  const wrong = (await client.list(kustomizations, 'Kustomization', 'flux-system')).flatMap(({ metadata, spec }) =>
    ((spec.dependsOn ?? []) as { name: string }[])
      .filter(({ name }) => order.indexOf(name) > order.indexOf(metadata.name))
      .map(({ name }) => `${metadata.name} was Ready before ${name}, on which it depends`),
  );
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
}

/** Each HelmRelease has installed its stand-in, with the very values that the tree gives it. */
async function checkCharts(client: KubeClient, say: Say): Promise<void> {
  const releases = await client.list('helm.toolkit.fluxcd.io/v2', 'HelmRelease');
  const problems: string[] = [];
  for (const release of releases) {
    const { name, namespace: own = '' } = release.metadata;
    const ready = conditionOf(release, 'Ready');
    const { targetNamespace = own, releaseName = name, values = {} } = release.spec;
    const installed = await client.get('v1', 'ConfigMap', targetNamespace, `${releaseName}-stand-in`);
    const got = JSON.parse(installed?.data?.values ?? 'null') as unknown;
    if (ready?.status !== 'True' || sorted(got) !== sorted(values)) {
      problems.push(`${name}: ${ready?.message ?? 'no condition'}; values ${sorted(got)} instead of ${sorted(values)}`);
    }
  }
  say(
    `${releases.length} HelmReleases Ready, with stand-in charts from a registry on this machine (the real one is not reached, and ` +
      "the signature of Flagger's chart is not asked for): each installed the values of the tree",
  );
  if (problems.length > 0 || releases.length === 0) throw new Error(problems.join('\n') || 'there is no HelmRelease');
}

const sorted = (value: unknown): string =>
  JSON.stringify(value, (_, child: unknown) =>
    typeof child === 'object' && child !== null && !Array.isArray(child)
      ? Object.fromEntries(Object.entries(child).sort(([a], [b]) => (a < b ? -1 : 1)))
      : child,
  );

/** When a rollout ended, in milliseconds since 1970. */
const endOf = ({ startedAt, seconds }: Observed): number => startedAt + seconds * 1000;

/** The Kustomization of each Canary, by `namespace/name`: from Flux' own inventories. */
async function wavesOfCanaries(client: KubeClient): Promise<Map<string, string>> {
  const waves = new Map<string, string>();
  for (const { metadata, status } of await client.list(kustomizations, 'Kustomization', 'flux-system')) {
    for (const { id } of (status.inventory?.entries ?? []) as { id: string }[]) {
      const match = /^([^_]*)_([^_]*)_flagger\.app_Canary$/.exec(id);
      if (match && isWave(metadata.name)) waves.set(`${match[1]}/${match[2]}`, metadata.name);
    }
  }
  return waves;
}

/** What contradicts the order: a rollout that began before an earlier wave had ended, a wave that was Ready before its rollouts. */
function outOfOrder(
  waves: ReadonlyMap<string, string>,
  ended: ReadonlyMap<string, Observed>,
  started: number,
  ready: ReadonlyMap<string, number>,
  say: Say,
): string[] {
  const problems: string[] = [];
  let last = 0;
  for (const wave of [...new Set(waves.values())].sort()) {
    const rollouts = [...ended].filter(([name]) => waves.get(name) === wave).map(([, rollout]) => rollout);
    const begin = (Math.min(...rollouts.map(({ startedAt }) => startedAt)) - started) / 1000;
    const end = (Math.max(...rollouts.map(endOf)) - started) / 1000;
    const readyAt = ready.get(wave) ?? Number.NaN;
    say(
      `${wave}: ${rollouts.length} rollouts from ${begin.toFixed(1)} s to ${end.toFixed(1)} s, Ready at ${readyAt.toFixed(1)} s`,
    );
    if (!(begin > last))
      problems.push(`${wave}: its first rollout began at ${begin} s, an earlier wave ended at ${last} s`);
    // Both are looked at twice a second.
    if (!(readyAt > end - 1)) problems.push(`${wave}: Ready at ${readyAt} s, its last rollout ended at ${end} s`);
    last = Math.max(last, end);
  }
  return problems;
}
