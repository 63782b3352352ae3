import { type DangerObjects, dangers } from '../../lib/diff';
import type { KubeObject } from '../../lib/kube';
import { type DangerPair, dangerPairs, listed, NOT_HERE, pairsOf, stageOf } from '../lib/danger-pairs';
import { EndpointsWatch, isReady } from '../lib/endpoints';
import { FluxApply } from '../lib/flux-apply';
import type { KubeClient } from '../lib/kube-client';
import { objectName } from '../lib/manifests';
import { saidByDiff } from '../lib/said-by-diff';
import type { Tier } from '../lib/tier';
import { sleep, waitFor } from '../lib/wait';
import { title as flaggerDiffTitle } from './flagger-diff';
import { title as fluxDiffTitle } from './flux-diff';

export const title = 'Diff';

/** So many cases run side by side, each in a namespace of its own. */
const SIDE_BY_SIDE = 6;
const WORKLOADS = ['Deployment', 'StatefulSet'];
/** What a step does of which diff speaks from the objects alone is seen here; what controllers do, in their sections. */
const SECTIONS = { kubernetes: undefined, flux: fluxDiffTitle, flagger: flaggerDiffTitle };
/** The step is refused, and what runs stays. */
const REFUSED = new Set(['claim-shrinks']);
/** Every pair of states by which a danger is tested, on a real cluster: what diff says goes down does, and nothing else. */
export async function runDiff({ reporter, client }: Tier): Promise<void> {
  if (!reporter.isWanted(title)) return;
  const here = pairsOf('kubernetes');
  const open = here.map((pair, index) => ({ pair, namespace: `diff-${index}` }));
  const seen = new Map<DangerPair, Promise<readonly string[]>>();
  // Each is told in its order; they run side by side, as waiting for pods is most of it.
  const gate = slots(SIDE_BY_SIDE);
  for (const { pair, namespace } of open) {
    const run = gate(() => step(client, pair, namespace));
    // Told at its turn.
    run.catch(() => undefined);
    seen.set(pair, run);
  }
  for (const { id } of dangers)
    await reporter.step(title, id, async (say) => {
      const own = dangerPairs.filter(({ danger }) => danger === id);
      const problems: string[] = [];
      for (const pair of own) {
        const stage = stageOf(pair);
        const where = stage === undefined ? `nowhere: ${NOT_HERE.get(pair.name)}` : SECTIONS[stage];
        const what = `${pair.isBad ? 'danger' : 'none'}, ${pair.name}`;
        if (where !== undefined) say(`${what}: shown in ${where}`);
        else
          try {
            for (const line of await seen.get(pair)!) say(`${what}: ${line}`);
          } catch (error) {
            problems.push(`${what}: ${(error as Error).message}`);
          }
      }
      if (problems.length > 0) throw new Error(problems.join('\n'));
    });
}

/** Runs so many at a time. */
function slots(count: number): <T>(run: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = count;
  return async (run) => {
    if (free > 0) free--;
    else await new Promise<void>((next) => waiting.push(next));
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}

/** The objects of a case in a namespace of their own; what runs there has nothing that pods need but what the case says. */
function placed(objects: DangerObjects, namespace: string): { readonly object: KubeObject }[] {
  return listed(objects).map((object) => {
    const text = JSON.stringify(object).replaceAll('"namespace":"shop"', `"namespace":"${namespace}"`);
    const copy = JSON.parse(text) as KubeObject;
    return { object: copy.kind === 'Namespace' ? { ...copy, metadata: { ...copy.metadata, name: namespace } } : copy };
  });
}

/** Does the step, and returns what was seen. Throws what diff has not said, or said wrongly. */
async function step(client: KubeClient, pair: DangerPair, namespace: string): Promise<string[]> {
  const [before, after] = [placed(pair.before, namespace), placed(pair.after, namespace)];
  const said = saidByDiff(before, after);
  const namespaces = new Set([...before, ...after].flatMap(({ object }) => object.metadata.namespace ?? []));
  for (const name of new Set([namespace, ...namespaces]))
    await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  const flux = new FluxApply(client);
  const first = await flux.reconcile(before);
  if (first.refusals.length > 0)
    return [`the state before is no whole object (${first.refusals[0]!.message.slice(0, 120)})`];
  const workloads = before.flatMap(({ object }) => (WORKLOADS.includes(object.kind) ? [object] : []));
  for (const workload of workloads) await client.apply(probe(workload, namespace));
  const running = workloads.filter((one) => replicasOf(one) > 0);
  for (const one of running) await ready(client, one);
  const uids = await podsOf(client, namespace, running);
  const services = before.filter(({ object }) => object.kind === 'Service').map(({ object }) => object.metadata.name);
  const answered = [];
  for (const name of services) if (await isAnswered(client, namespace, name)) answered.push(name);
  const watch = new EndpointsWatch(client, namespace, [...running.map(probeName), ...answered]);
  await watch.start();
  const second = await flux.reconcile(after).catch(async (error) => {
    await watch.stop();
    throw error;
  });
  await settled(client, after);
  const down = running.filter((one) => said.down.has(`${one.kind} ${namespace}/${one.metadata.name}`));
  if (second.refusals.length === 0) await stopped(watch, down.map(probeName));
  const seen = await watch.stop();
  const now = await podsOf(client, namespace, running);

  const problems: string[] = [];
  const lines: string[] = [];
  const isRefused = second.refusals.length > 0;
  const saysRefused = said.report.dangers.some(
    ({ code, message }) => REFUSED.has(code) || /the apply is refused$/.test(message),
  );
  if (isRefused !== saysRefused)
    problems.push(isRefused ? `refused: ${second.refusals[0]!.message}` : 'diff says refused, and it is not');
  else if (isRefused) lines.push(`refused, and what runs stays: ${second.refusals[0]!.message.slice(0, 160)}`);
  for (const one of running) {
    const key = `${one.kind} ${namespace}/${one.metadata.name}`;
    const { fewest = -1, emptyMilliseconds = 0 } = seen.get(probeName(one)) ?? {};
    const [isDown, saysDown] = [fewest === 0, said.down.has(key)];
    if (isDown !== saysDown && !isRefused)
      problems.push(
        `${one.kind} ${one.metadata.name} ${isDown ? 'had no ready pod' : 'was never without a ready pod'}, and diff says ${saysDown ? 'it goes down' : 'nothing of it'}`,
      );
    if (isDown)
      lines.push(`${one.kind} ${one.metadata.name} had no ready pod for ${emptyMilliseconds} ms, as diff says`);
    const stays = after.some(({ object }) => object.kind === one.kind && object.metadata.name === one.metadata.name);
    const isNew = (now.get(probeName(one)) ?? []).some((uid) => !uids.get(probeName(one))!.includes(uid));
    // More pods of the same template are no rollout.
    const rolls = stays && isNew && !isRefused && replicasOf(one) >= replicasIn(after, one);
    if (stays && !isRefused && rolls !== said.rolling.has(key))
      problems.push(
        `${one.kind} ${one.metadata.name} ${rolls ? 'got new pods' : 'kept its pods'}, and diff says ${rolls ? 'no rollout' : 'it rolls out'}`,
      );
  }
  for (const name of answered) {
    const { fewest = -1 } = seen.get(name) ?? {};
    const stays = after.some(({ object }) => object.kind === 'Service' && object.metadata.name === name);
    const isCertain = !stays || said.dangers.includes('selector-finds-nothing');
    // Where another workload takes over, its pods may be ready between two looks.
    const says = isCertain || said.down.size > 0;
    if (fewest === 0 ? !says : isCertain)
      problems.push(
        `Service ${name} ${fewest === 0 ? 'led nowhere' : 'always led to a ready pod'}, and diff says ${says ? 'it leads nowhere' : 'nothing of it'}`,
      );
    else lines.push(`Service ${name} ${fewest === 0 ? 'led nowhere, as diff says' : 'always led to a ready pod'}`);
  }
  for (const { before: was, isDeleted } of said.diff.changes) {
    if (!was || !isDeleted) continue;
    const { apiVersion, kind, metadata } = was.object;
    const live = await client.get(apiVersion, kind, metadata.namespace ?? 'default', metadata.name);
    if (live && !live.metadata.deletionTimestamp)
      problems.push(`${objectName(was.object)} is there, and diff says it is deleted`);
    else lines.push(`${kind} ${metadata.name} is deleted`);
  }
  for (const { object } of before) {
    if (after.some((one) => objectName(one.object) === objectName(object))) continue;
    const { apiVersion, kind, metadata } = object;
    const live = await client.get(apiVersion, kind, metadata.namespace ?? 'default', metadata.name);
    const change = said.diff.changes.find(({ before: was }) => was && objectName(was.object) === objectName(object));
    if (!live && !change?.isDeleted) problems.push(`${objectName(object)} is gone, and diff says it stays`);
    if (live && change?.isLeft) lines.push(`${kind} ${metadata.name} stays, as diff says`);
  }
  if (pair.isBad && !said.dangers.includes(pair.danger)) problems.push(`diff does not say ${pair.danger}`);
  if (problems.length > 0) throw new Error(problems.join('; '));
  await client.delete({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }).catch(() => undefined);
  return lines.length > 0
    ? lines
    : [isRefused ? 'refused' : 'accepted; no workload lost its pods, and none got others unless diff said so'];
}

const probeName = ({ metadata }: KubeObject): string => `probe-${metadata.name}`;

interface WorkloadSpec {
  readonly spec: {
    readonly replicas?: number;
    readonly template: { readonly metadata: { readonly labels: Record<string, string> } };
  };
}

const specOf = (workload: KubeObject) => (workload as unknown as WorkloadSpec).spec;
const replicasOf = (workload: KubeObject): number => specOf(workload).replicas ?? 1;

function replicasIn(objects: readonly { readonly object: KubeObject }[], { kind, metadata }: KubeObject): number {
  const found = objects.find(({ object }) => object.kind === kind && object.metadata.name === metadata.name);
  return found ? replicasOf(found.object) : 0;
}

/** A Service that leads to the pods of one workload, whatever happens to the others. */
function probe(workload: KubeObject, namespace: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: probeName(workload), namespace },
    spec: { selector: specOf(workload).template.metadata.labels, ports: [{ name: 'http', port: 80 }] },
  };
}

async function ready(client: KubeClient, { apiVersion, kind, metadata }: KubeObject): Promise<void> {
  await waitFor(
    `${kind} ${metadata.namespace}/${metadata.name}`,
    async () => {
      const live = await client.get(apiVersion, kind, metadata.namespace!, metadata.name);
      return live?.status?.readyReplicas === (live?.spec.replicas ?? 1) ? true : undefined;
    },
    { timeoutSeconds: 120 },
  );
}

/** Until controllers have done what they do; what never gets done is looked at all the same. */
async function settled(client: KubeClient, after: readonly { readonly object: KubeObject }[]): Promise<void> {
  const workloads = after.filter(({ object }) => WORKLOADS.includes(object.kind));
  await waitFor(
    'the workloads to be as they shall be',
    async () => {
      for (const { object } of workloads) {
        const { apiVersion, kind, metadata } = object;
        const live = await client.get(apiVersion, kind, metadata.namespace!, metadata.name);
        const { observedGeneration = 0, updatedReplicas = 0, readyReplicas = 0, replicas = 0 } = live?.status ?? {};
        const wanted = live?.spec.replicas ?? 1;
        const isDone =
          live !== undefined &&
          observedGeneration >= (live.metadata.generation ?? 0) &&
          [updatedReplicas, readyReplicas, replicas].every((count) => count === wanted);
        if (!isDone) return undefined;
      }
      return true;
    },
    { timeoutSeconds: 40 },
  ).catch(() => undefined);
  await sleep(3000);
}

/** What shall go down may take its time: a namespace does. */
async function stopped(watch: EndpointsWatch, names: readonly string[]): Promise<void> {
  await waitFor('pods to stop', () => (names.every((name) => watch.now(name)?.fewest === 0) ? true : undefined), {
    timeoutSeconds: 60,
  }).catch(() => undefined);
}

async function podsOf(client: KubeClient, namespace: string, workloads: readonly KubeObject[]) {
  const pods = await client.list('v1', 'Pod', namespace);
  return new Map(
    workloads.map((one) => {
      const labels = Object.entries(specOf(one).template.metadata.labels);
      const own = pods.filter(({ metadata }) => labels.every(([key, value]) => metadata.labels?.[key] === value));
      return [probeName(one), own.map(({ metadata }) => metadata.uid)];
    }),
  );
}

async function isAnswered(client: KubeClient, namespace: string, name: string): Promise<boolean> {
  const selector = (await client.get('v1', 'Service', namespace, name))?.spec.selector as
    | Record<string, string>
    | undefined;
  if (!selector) return false;
  const pods = await client.list('v1', 'Pod', namespace);
  return pods.some(
    (pod) => isReady(pod) && Object.entries(selector).every(([key, value]) => pod.metadata.labels?.[key] === value),
  );
}
