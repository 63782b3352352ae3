import { type Fields, isFields, type KubeObject } from '../../lib/kube';
import { canaryEvents, getCanary, waitForPhase } from '../lib/canaries';
import { type DangerPair, listed, pairsOf } from '../lib/danger-pairs';
import { type EndpointsSeen, EndpointsWatch, isReady } from '../lib/endpoints';
import { FluxApply } from '../lib/flux-apply';
import type { KubeClient, LiveObject } from '../lib/kube-client';
import type { Processes } from '../lib/processes';
import type { Say } from '../lib/report';
import { type SaidByDiff, saidByDiff } from '../lib/said-by-diff';
import type { Tier } from '../lib/tier';
import { sleep, waitFor } from '../lib/wait';
import type { Mesh } from '../mesh/mesh';

export const title = 'Diff, under Flagger';

const name = 'cart';
const canaryKind = ['flagger.app/v1beta1', 'Canary'] as const;
const tickMilliseconds = 10_000;
/** Flagger makes a primary, waits for it and scales the target down. */
const initSeconds = 240;
const rolloutSeconds = 400;
/** As long as a chart's upgrade takes: the pods of Flagger and of Prometheus stop before new ones start. */
const upgradeMilliseconds: Readonly<Record<string, number>> = { flagger: 30_000, prometheus: 75_000 };

/** What leads the rollouts, as processes that can be stopped and started. */
export interface FlaggerDiffParts {
  readonly mesh: Mesh;
  readonly processes: Processes;
}

/** A pair in a namespace of its own. */
interface Play extends DangerPair {
  readonly namespace: string;
}

/** A state in a namespace. */
interface World {
  readonly client: KubeClient;
  readonly namespace: string;
  /** Absent where somebody else applies, who does not know Flagger's marks. */
  readonly flux: FluxApply | undefined;
}

/** An object, and the file in which it stands. */
interface Placed {
  readonly object: KubeObject;
  readonly file?: string;
}

/** What contradicts the words about a pair. */
type Show = (play: Play, parts: FlaggerDiffParts & { readonly client: KubeClient }, say: Say) => Promise<string[]>;

const plays: readonly Play[] = pairsOf('flagger').map((pair, index) => ({ ...pair, namespace: `canary-${index}` }));
const WITH_PLATFORM = 'platform-and-apps-together';

/** Every pair of a danger in which a Canary is: with the real Flagger before the step, and after it. */
export async function runFlaggerDiff({ reporter, client }: Tier, parts: FlaggerDiffParts): Promise<void> {
  if (!reporter.isWanted(title)) return;
  const all = { ...parts, client };
  // Most of the time is Flagger's intervals: side by side, and what stops Flagger comes last.
  const started = plays.map((play) => {
    const lines: string[] = [];
    const say = (line: string): void => void lines.push(line);
    const isLast = play.danger === WITH_PLATFORM;
    const ready = isLast ? prepared(play, all) : undefined;
    const problems = saidOf(play, say).then(async (own) => {
      if (ready) return own;
      const show = shows[play.danger];
      if (!show) throw new Error('nobody has said how this is shown');
      return [...own, ...(await show(play, all, say))];
    });
    // Told at their turn.
    ready?.catch(() => undefined);
    problems.catch(() => undefined);
    return { play, lines, say, ready, problems };
  });
  for (const id of [...new Set(plays.map(({ danger }) => danger))].filter((one) => one !== WITH_PLATFORM))
    await reporter.step(title, id, async (say) => {
      const own = started.filter(({ play }) => play.danger === id);
      const problems = await Promise.all(
        own.map(async ({ play, problems: found }) => {
          const all = await found.catch((error: Error) => [error.message]);
          return all.map((problem) => `${play.name}: ${problem}`);
        }),
      );
      for (const { play, lines } of own) sayLines(play, lines, say);
      if (problems.flat().length > 0) throw new Error(problems.flat().join('\n'));
    });
  await reporter.step(title, WITH_PLATFORM, async (say) => {
    const own = started.filter(({ play }) => play.danger === WITH_PLATFORM);
    const problems: string[] = [];
    for (const { problems: found } of own) problems.push(...(await found));
    for (const chart of new Set(own.map(({ play }) => chartOf(play)))) {
      const group = await Promise.all(own.filter(({ play }) => chartOf(play) === chart).map(({ ready }) => ready!));
      const tell = (play: Play, line: string): void => own.find((one) => one.play === play)!.say(line);
      problems.push(...(await upgraded(chart, group, all, tell)));
    }
    for (const { play, lines } of own) sayLines(play, lines, say);
    if (problems.length > 0) throw new Error(problems.join('\n'));
  });
}

const sayLines = (play: Play, lines: readonly string[], say: Say): void => {
  for (const line of lines) say(`${play.isBad ? 'danger' : 'none'}, ${play.name}: ${line}`);
};

/** Whether diff says the danger of a bad pair, and not of a good one. */
async function saidOf(play: Play, say: Say): Promise<string[]> {
  const { dangers } = saidByDiff(placed(play.before, play.namespace), placed(play.after, play.namespace));
  const codes = [...new Set(dangers)];
  say(`diff: ${codes.join(', ') || 'no danger'}`);
  if (codes.includes(play.danger) === play.isBad) return [];
  return [`diff says ${codes.join(', ') || 'no danger'}, and it ${play.isBad ? 'is' : 'is not'} ${play.danger}`];
}

/** The objects of a case in a namespace, with the shortest intervals that Flagger has. */
function placed(objects: DangerPair['before'], namespace: string): Placed[] {
  const files = Array.isArray(objects) ? { 'case.yaml': objects as readonly KubeObject[] } : objects;
  const all = Object.entries(files as Readonly<Record<string, readonly KubeObject[]>>);
  return all.flatMap(([file, list]) => list.map((object) => ({ file, object: placedOne(object, namespace) })));
}

function placedOne(object: KubeObject, namespace: string): KubeObject {
  const text = JSON.stringify(object)
    .replaceAll('"namespace":"shop"', `"namespace":"${namespace}"`)
    .replaceAll(/"image":"cart:(v\d+)"/g, '"image":"registry.example.com/cart:$1"');
  const copy = JSON.parse(text) as KubeObject & { spec?: Fields };
  return copy.kind === 'Canary' ? withShortIntervals(copy) : copy;
}

function withShortIntervals(canary: KubeObject & { spec?: Fields }): KubeObject {
  const spec = canary.spec as { readonly analysis: { readonly metrics: readonly Fields[] } };
  const metrics = spec.analysis.metrics.map((metric) => ({ ...metric, interval: '20s' }));
  return { ...canary, spec: { ...spec, analysis: { ...spec.analysis, interval: '10s', metrics } } } as KubeObject;
}

/** What Helm installs is no object here: it runs as processes; and Flux is what it does to the others. */
const applied = (objects: readonly Placed[]) =>
  objects.filter(({ object }) => !['HelmRelease', 'Kustomization'].includes(object.kind));

/** The first state, as Flux has applied it and Flagger taken it up, with callers. */
async function begun(
  { client, mesh }: Parameters<Show>[1],
  namespace: string,
  state: readonly Placed[],
  { byFlux = true } = {},
): Promise<World> {
  await client.apply({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace, labels: { 'istio-injection': 'enabled' } },
  });
  const flux = byFlux ? new FluxApply(client) : undefined;
  const world = { client, namespace, flux };
  // Flagger has to have taken it up before it is suspended.
  await reconciled(
    world,
    state.map(({ object }) => ({ object: isSuspended(object) ? resumed(object) : object })),
  );
  mesh.streams.push({
    from: { workload: 'visitor', namespace },
    host: `${name}.${namespace}`,
    port: 80,
    requestsPerSecond: 20,
    inMesh: true,
  });
  if (state.some(({ object }) => object.kind === 'Canary')) {
    await waitForPhase(client, { namespace, name }, ['Initialized'], initSeconds);
    if (state.some(({ object }) => isSuspended(object))) await reconciled(world, state);
  } else
    await waitFor(`pods in ${namespace}`, async () => ((await podsOf(world)).some(isReady) ? true : undefined), {
      timeoutSeconds: 120,
    });
  return world;
}

const resumed = (canary: KubeObject): KubeObject =>
  ({ ...canary, spec: { ...(canary.spec as Fields), suspend: false } }) as KubeObject;

const isSuspended = ({ spec }: KubeObject): boolean => isFields(spec) && spec.suspend === true;

async function reconciled({ client, flux }: World, state: readonly Placed[]): Promise<void> {
  if (!flux) {
    for (const { object } of applied(state)) await client.apply(object);
    return;
  }
  const { refusals } = await flux.reconcile(applied(state));
  if (refusals.length > 0) throw new Error(refusals.map(({ object, message }) => `${object}: ${message}`).join('\n'));
}

/** Several of Flux' intervals. */
async function again(world: World, state: readonly Placed[], times: number): Promise<void> {
  for (let round = 0; round < times; round++) {
    await sleep(tickMilliseconds / 2);
    await reconciled(world, state);
  }
}

const podsOf = ({ client, namespace }: World): Promise<LiveObject[]> => client.list('v1', 'Pod', namespace);
const appOf = ({ metadata }: LiveObject): string => metadata.labels?.app ?? '';
const imageOf = (pod: LiveObject): string => String(pod.spec.containers[0].image);

/** Another version of the Deployment, released by a commit. */
function withImage(state: readonly Placed[], tag: string) {
  return state.map(({ object }) => {
    if (object.kind !== 'Deployment' || object.metadata.name !== name) return { object };
    const text = JSON.stringify(object).replace(/"image":"[^"]*"/, `"image":"registry.example.com/cart:${tag}"`);
    return { object: JSON.parse(text) as KubeObject };
  });
}

const endOf = (world: World): Promise<string> =>
  waitForPhase(world.client, { namespace: world.namespace, name }, ['Succeeded', 'Failed'], rolloutSeconds);

/** The step, and what the Service led to meanwhile. */
async function watched(world: World, act: () => Promise<void>): Promise<EndpointsSeen> {
  const watch = new EndpointsWatch(world.client, world.namespace, [name]);
  await watch.start();
  try {
    await act();
  } catch (error) {
    await watch.stop().catch(() => undefined);
    throw error;
  }
  return (await watch.stop()).get(name)!;
}

const told = ({ fewest, emptyMilliseconds, selectors }: EndpointsSeen): string =>
  `Service ${name}: at least ${fewest} ready pods${emptyMilliseconds > 0 ? `, none for ${emptyMilliseconds} ms` : ''}; ${selectors.join(' then ')}`;

const errorSaid = ({ report }: SaidByDiff, danger: string): boolean =>
  report.dangers.some(({ code, severity }) => code === danger && severity === 'error');

/** The Service leads nowhere for a while where diff says error, and never where it warns or says nothing. */
const switched: Show = async (play, parts, say) => {
  const [before, after] = [placed(play.before, play.namespace), placed(play.after, play.namespace)];
  const said = saidByDiff(before, after);
  const byFlux = !said.report.dangers.some(({ message }) => message.includes('every apply'));
  const world = await begun(parts, play.namespace, before, { byFlux });
  const hadService = (await parts.client.get('v1', 'Service', play.namespace, name)) !== undefined;
  const seen = await watched(world, async () => {
    await reconciled(world, after);
    const own = after.find(({ object }) => object.kind === 'Canary')?.object;
    if (own && !isSuspended(own)) {
      await waitForPhase(parts.client, { namespace: play.namespace, name }, ['Initialized'], initSeconds);
      await again(world, after, 5);
    } else await again(world, after, 8);
  });
  say(told(seen));
  const saysDown = play.isBad && errorSaid(said, play.danger);
  const isDown = hadService && seen.fewest === 0;
  const isChance = said.report.dangers.some(({ message }) => message.includes('unless it looks'));
  if (isChance) {
    say(`Flagger ${isDown ? 'looked at it meanwhile' : 'did not look at it meanwhile'}`);
    return [];
  }
  return isDown === saysDown
    ? []
    : [`the Service ${isDown ? 'led nowhere' : 'always led to pods'}, and diff does not say so`];
};

const removed: Show = async (play, parts, say) => {
  const { client } = parts;
  const [before, after] = [placed(play.before, play.namespace), placed(play.after, play.namespace)];
  const world = await begun(parts, play.namespace, before);
  await reconciled(world, after);
  const gone = await waitFor(
    'the Canary to be gone',
    async () => ((await client.get(...canaryKind, play.namespace, name)) ? undefined : true),
    { timeoutSeconds: 40 },
  ).catch(() => false);
  const left = (await podsOf(world)).filter(isReady).map(appOf);
  say(
    `the Canary ${gone ? 'is gone' : 'waits for its finalizer'}; pods that run: ${[...new Set(left)].join(', ') || 'none'}`,
  );
  if (gone) return play.isBad ? ['it does not get stuck'] : [];
  // Nothing of the case may stand in the way of the end.
  await client.merge(...canaryKind, play.namespace, name, { spec: { revertOnDeletion: false } });
  if (!play.isBad) return ['it gets stuck'];
  return left.includes(`${name}-primary`) ? [] : ['its primary does not run on'];
};

/** One bad release under both analyses: where diff warns, the second lets through what the first takes back. */
const weakened: Show = async (play, parts, say) => {
  const tag = play.isBad ? 'v1.2.1-few-errors' : 'v1.2.1-errors';
  const ends = await Promise.all(
    (['before', 'after'] as const).map(async (state) => {
      const namespace = `${play.namespace}-${state}`;
      const objects = placed(play[state], namespace);
      const world = await begun(parts, namespace, objects);
      await reconciled(world, withImage(objects, tag));
      const phase = await endOf(world);
      const events = await canaryEvents(parts.client, { namespace, name });
      const reason = events.findLast((text) => /success rate|skipp/i.test(text));
      say(`release ${tag} as it is judged ${state}: ${phase}${reason ? ` (${reason})` : ''}`);
      return phase;
    }),
  );
  const expected = play.isBad ? 'Failed, Succeeded' : 'Failed, Failed';
  return ends.join(', ') === expected ? [] : [`${ends.join(', ')} in place of ${expected}`];
};

/** How long pods that are ready named a port which the Service did not have. */
const portGone: Show = async (play, parts, say) => {
  const [before, after] = [placed(play.before, play.namespace), placed(play.after, play.namespace)];
  const world = await begun(parts, play.namespace, before);
  let missed = 0;
  let ports: string[] = [];
  let last = Date.now();
  await reconciled(world, after);
  const end = Date.now() + 3 * tickMilliseconds;
  while (Date.now() < end) {
    const [service, pods] = await Promise.all([parts.client.get('v1', 'Service', play.namespace, name), podsOf(world)]);
    const own = ((service?.spec.ports ?? []) as { port: number }[]).map(({ port }) => port);
    ports = [...new Set([...ports, own.join(' and ')])];
    const named = pods.filter(isReady).flatMap((pod) => portNamed(pod) ?? []);
    const now = Date.now();
    // The visitor calls port 80 all the time where no caller is in the case.
    if ((named.length > 0 ? named : [80]).some((port) => !own.includes(port))) missed += now - last;
    last = now;
    await sleep(200);
  }
  say(`ports of Service ${name}: ${ports.join(', then ')}; callers named a port that it did not have for ${missed} ms`);
  return missed > 0 === play.isBad ? [] : ['that is not what diff says'];
};

function portNamed(pod: LiveObject): number | undefined {
  const texts = ((pod.spec.containers[0].env ?? []) as { value?: string }[]).map(({ value }) => value ?? '');
  const found = texts.flatMap((text) => /^cart:(\d+)$/.exec(text)?.[1] ?? [])[0];
  return found === undefined ? undefined : Number(found);
}

const suspended: Show = async (play, parts, say) => {
  const [before, after] = [placed(play.before, play.namespace), placed(play.after, play.namespace)];
  const world = await begun(parts, play.namespace, before);
  const seen = await watched(world, async () => {
    await reconciled(world, after);
    await again(world, after, 6);
  });
  const images = (await podsOf(world)).map(imageOf);
  say(`${told(seen)}; images that run: ${[...new Set(images)].join(', ')}`);
  return images.some((image) => image.endsWith(':v2')) || seen.fewest === 0 ? ['that is not what diff says'] : [];
};

/** What a chart installs. */
const chartOf = ({ after }: DangerPair): string =>
  listed(after).find(({ kind }) => kind === 'HelmRelease')!.metadata.name;

/** A pair of a platform's upgrade whose first state runs. */
interface Prepared {
  readonly play: Play;
  readonly after: readonly Placed[];
  readonly world: World;
  /** Whether a service is released in the same step. */
  readonly releases: boolean;
}

async function prepared(play: Play, parts: Parameters<Show>[1]): Promise<Prepared> {
  const [before, after] = [placed(play.before, play.namespace), placed(play.after, play.namespace)];
  const world = await begun(parts, play.namespace, before);
  return { play, after, world, releases: JSON.stringify(applied(before)) !== JSON.stringify(applied(after)) };
}

/** What a chart's upgrade stops is stopped for as long as it takes, once the rollouts of the same step have begun. */
async function upgraded(
  chart: string,
  group: readonly Prepared[],
  { client, processes }: Parameters<Show>[1],
  tell: (play: Play, line: string) => void,
): Promise<string[]> {
  const program = processes.named(chart);
  const awayMilliseconds = upgradeMilliseconds[chart]!;
  const weightOf = async ({ namespace }: World) =>
    Number((await getCanary(client, { namespace, name })).status?.canaryWeight ?? 0);
  const weights = () => Promise.all(group.map(({ world }) => weightOf(world)));
  const watches = group.map(({ world }) => new EndpointsWatch(client, world.namespace, [name]));
  for (const watch of watches) await watch.start();
  for (const { world, after } of group) await reconciled(world, after);
  for (const { world, releases } of group)
    if (releases)
      await waitFor('the first step of the rollout', async () => ((await weightOf(world)) > 0 ? true : undefined), {
        timeoutSeconds: 120,
      });
  await program.stop();
  const was = await weights();
  await sleep(awayMilliseconds);
  const is = await weights();
  program.again();
  await sleep(3 * tickMilliseconds);
  const problems: string[] = [];
  for (const [index, { play, world, releases }] of group.entries()) {
    const ref = { namespace: world.namespace, name };
    const end = releases ? await endOf(world) : String((await getCanary(client, ref)).status?.phase);
    const seen = (await watches[index]!.stop()).get(name)!;
    const reason = (await canaryEvents(client, ref)).findLast((text) =>
      /Prometheus|no values|Rolling back/i.test(text),
    );
    tell(
      play,
      `${chart} was away for ${awayMilliseconds / 1000} s: the canary had ${was[index]} % before and ${is[index]} % after it`,
    );
    tell(
      play,
      `${releases ? 'the release, a good one, ended' : 'the Canary is'} ${end}${reason ? ` (${reason})` : ''}`,
    );
    tell(play, told(seen));
    // Nobody leads it meanwhile, and it goes on; what cannot be measured is taken back.
    const expected = releases ? (chart === 'flagger' ? 'Succeeded' : 'Failed') : 'Initialized';
    if (end !== expected) problems.push(`${play.name}: ${end} in place of ${expected}`);
    if (chart === 'flagger' && is[index] !== was[index]) problems.push(`${play.name}: somebody else leads the rollout`);
    if (seen.fewest === 0) problems.push(`${play.name}: the Service led nowhere`);
  }
  return problems;
}

const shows: Readonly<Record<string, Show>> = {
  'analysis-weakened': weakened,
  'canary-removed-with-its-service': removed,
  'canary-switched-off': switched,
  'canary-switched-on': switched,
  'parent-suspended': suspended,
  'port-gone': portGone,
};

/** Dangers of which a pair with a Canary has a step here. */
export const shown: readonly string[] = [...Object.keys(shows), WITH_PLATFORM];
