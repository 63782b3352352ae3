import { join } from 'node:path';
import { canaryEvents, followRollouts, waitForPhase } from '../lib/canaries';
import { conditionOf, kustomizations } from '../lib/flux-watch';
import { applyAll, type KubeClient } from '../lib/kube-client';
import { type FiledObject, readTree } from '../lib/manifests';
import { standInChart } from '../lib/oci-registry';
import { synthTree } from '../lib/synth';
import type { Tier } from '../lib/tier';
import { waitFor } from '../lib/wait';
import { allReady, type FluxParts, reconcileNow, watched } from './flux';
import {
  catalogStreams,
  cluster,
  localPatches,
  namespace,
  onlineBoutique,
  type Release,
  wantedCharts,
} from './flux-shop';

export const title = "Services in Helm's form";

const interval = '10s';
const helmReleases = 'helm.toolkit.fluxcd.io/v2';

/** Online Boutique with a chart and a HelmRelease for every service, by the real source-, kustomize- and helm-controller. */
export async function runHelmForm({ root, folder, reporter, client }: Tier, parts: FluxParts): Promise<void> {
  if (!reporter.isWanted(title)) return;
  const { mesh, git, registry } = parts;
  mesh.streams.push(...catalogStreams(root));
  const release = async (name: string, fields: Omit<Release, 'url' | 'patches'>): Promise<string> => {
    const synth = (suffix: string, more: Partial<Release>, form: 'plain' | 'helm'): Promise<string> => {
      const catalog = onlineBoutique(root, { url: git.url, ...fields, ...more });
      const defaults = { ...(catalog.defaults as object), release: form };
      return synthTree(root, folder, `${name}${suffix}`, { ...catalog, defaults });
    };
    const before = readClusters(await synth('-before', {}, 'helm'));
    const patches = [...localPatches(before, registry.address, interval), ...releasePatches(before)];
    const tree = await synth('', { patches }, 'helm');
    for (const { repository, tag } of wantedCharts(before))
      registry.pushChart(repository, tag, standInChart(repository.replace(/.*\//, ''), tag));
    return git.push(tree, name).then((commit) => `${commit} ${tree}`);
  };

  const installed = await reporter.step(
    title,
    'install: every service by its HelmRelease, wave by wave',
    async (say) => {
      const [commit = '', tree = ''] = (await release('helm-1', { tag: 'v0.10.5' })).split(' ');
      await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flux-system' } });
      const { refusals } = await applyAll(client, readTree(join(tree, 'clusters', cluster, 'flux-system')));
      if (refusals.length > 0) throw new Error(refusals.map(({ message }) => message).join('\n'));
      const ready = await allReady(client, commit, 600);
      for (const [name, seconds] of ready) say(`${name} Ready after ${seconds.toFixed(0)} s`);
      const releases = await client.list(helmReleases, 'HelmRelease', namespace);
      const wrong = releases.filter((one) => conditionOf(one, 'Ready')?.status !== 'True');
      say(`${releases.length} HelmReleases of services, ${releases.length - wrong.length} Ready`);
      if (wrong.length > 0 || releases.length < 12)
        throw new Error(wrong.map(({ metadata }) => metadata.name).join(', '));
    },
  );
  if (!installed) return;

  await reporter.step(title, 'the installed objects are those of the plain form', async (say) => {
    const catalog = onlineBoutique(root, { url: git.url, tag: 'v0.10.5' });
    const plain = readClusters(await synthTree(root, folder, 'helm-plain', catalog)).filter(({ file }) =>
      file.includes(`/apps/`),
    );
    const problems: string[] = [];
    for (const { object } of plain) {
      const { apiVersion, kind, metadata } = object;
      const live = await client.get(apiVersion, kind, metadata.namespace ?? namespace, metadata.name);
      if (!live) problems.push(`${kind} ${metadata.name} is not there`);
      else problems.push(...missing(expected(object), live, '').map((path) => `${kind} ${metadata.name}: ${path}`));
    }
    say(`${plain.length} objects of the plain form are there, each field as it says; ${problems.length} differences`);
    if (problems.length > 0) throw new Error(problems.slice(0, 10).join('\n'));
  });

  await reporter.step(title, 'ten intervals of every HelmRelease change nothing', async (say) => {
    const before = await watched(client);
    const revisions = await revisionsOf(client);
    const from = new Map<string, string>();
    const looked = new Map<string, number>();
    // helm-controller says when it has looked: it reports on the release at each interval.
    await waitFor(
      'ten intervals',
      async () => {
        for (const one of await client.list(helmReleases, 'HelmRelease', namespace)) {
          const { name, resourceVersion } = one.metadata;
          if (from.get(name) === undefined) from.set(name, String(resourceVersion));
          looked.set(name, (looked.get(name) ?? 0) + 1);
        }
        return [...looked.values()].every((count) => count > 10) ? true : undefined;
      },
      { timeoutSeconds: 240, pollMilliseconds: 10_500 },
    );
    const after = await watched(client);
    const moved = [...before].filter(([key, state]) => after.get(key) !== state).map(([key]) => key);
    const upgraded = [...(await revisionsOf(client))].filter(([name, revision]) => revisions.get(name) !== revision);
    say(`${revisions.size} releases: no upgrade in ${10.5 * 10} s at intervals of ${interval}`);
    say(`${before.size} Deployments, Canaries, Services and routes: generation and spec stood still`);
    if (moved.length + upgraded.length > 0)
      throw new Error([...moved, ...upgraded.map(([name]) => `${name} was upgraded`)].join('\n'));
  });

  await reporter.step(title, 'upgrade of one service: rolled out by Flagger, no other release moves', async (say) => {
    const before = await revisionsOf(client);
    const [commit = ''] = (await release('helm-2', { tag: 'v0.10.5', tags: { paymentservice: 'v0.10.6' } })).split(' ');
    await reconcileNow(client);
    const rollouts = await followRollouts(client, [{ namespace, name: 'paymentservice' }], 300);
    const ended = rollouts.get(`${namespace}/paymentservice`);
    say(`paymentservice: ${ended?.phase} after ${ended?.seconds.toFixed(0)} s`);
    await allReady(client, commit, 300);
    const after = await revisionsOf(client);
    const moved = [...after].filter(([name, revision]) => before.get(name) !== revision);
    say(
      `releases with another revision: ${moved.map(([name, revision]) => `${name} ${before.get(name)} → ${revision}`)}`,
    );
    const held = await readyAfter(client, 'paymentservice');
    say(`HelmRelease: ${held}`);
    if (ended?.phase !== 'Succeeded') throw new Error('the rollout did not succeed');
    if (moved.length !== 1 || moved[0]?.[0] !== 'paymentservice') throw new Error('other releases have moved');
  });

  await reporter.step(
    title,
    'a release that fails: Flagger rolls back, the HelmRelease and its wave say so',
    async (say) => {
      await release('helm-3', { tag: 'v0.10.5', tags: { paymentservice: 'v0.10.7-errors' } });
      await reconcileNow(client);
      await waitForPhase(client, { namespace, name: 'paymentservice' }, ['Failed'], 300);
      const failed = await waitFor(
        'the HelmRelease to tell of it',
        async () => {
          const one = await client.get(helmReleases, 'HelmRelease', namespace, 'paymentservice');
          const ready = one && conditionOf(one, 'Ready');
          return ready?.status === 'False' ? ready : undefined;
        },
        { timeoutSeconds: 180 },
      );
      say(`HelmRelease paymentservice: ${failed.reason}: ${failed.message}`);
      const wave = await waitFor(
        'the wave to tell of it',
        async () => {
          const one = await client.get(kustomizations, 'Kustomization', 'flux-system', 'apps-wave-0');
          const ready = one && conditionOf(one, 'Ready');
          return ready?.status === 'False' ? ready : undefined;
        },
        { timeoutSeconds: 180 },
      );
      say(`Kustomization apps-wave-0: ${wave.reason}: ${wave.message}`);
      for (const event of (await canaryEvents(client, { namespace, name: 'paymentservice' })).slice(-3)) say(event);
      const primary = await client.get('apps/v1', 'Deployment', namespace, 'paymentservice-primary');
      const image = String(primary?.spec.template.spec.containers[0].image);
      say(`the primary runs ${image.replace(/.*:/, '')}`);
      if (!image.endsWith(':v0.10.6')) throw new Error('the primary does not run the last good release');
    },
  );

  await reporter.step(title, 'the release after it heals it', async (say) => {
    const [commit = ''] = (await release('helm-4', { tag: 'v0.10.5', tags: { paymentservice: 'v0.10.8' } })).split(' ');
    await reconcileNow(client);
    await waitForPhase(client, { namespace, name: 'paymentservice' }, ['Progressing'], 120);
    await waitForPhase(client, { namespace, name: 'paymentservice' }, ['Succeeded'], 300);
    const ready = await allReady(client, commit, 300);
    say(`apps-wave-0 Ready after ${ready.get('apps-wave-0')?.toFixed(0)} s`);
  });

  await reporter.step(title, 'uninstall: a service that leaves the catalog', async (say) => {
    await release('helm-5', { tag: 'v0.10.5', tags: { paymentservice: 'v0.10.8' }, without: ['loadgenerator'] });
    await reconcileNow(client);
    for (const [apiVersion, kind] of [
      [helmReleases, 'HelmRelease'],
      ['apps/v1', 'Deployment'],
      ['v1', 'ServiceAccount'],
    ] as const)
      await waitFor(
        `${kind} loadgenerator to be gone`,
        async () => ((await client.get(apiVersion, kind, namespace, 'loadgenerator')) ? undefined : true),
        { timeoutSeconds: 120 },
      );
    say('loadgenerator: HelmRelease, Deployment and ServiceAccount are gone');
  });
}

/** Templates of charts are no manifests. Paths begin below the tree. */
const readClusters = (tree: string): FiledObject[] =>
  readTree(join(tree, 'clusters')).map((filed) => ({ ...filed, file: `clusters/${filed.file}` }));

/** Short intervals of every HelmRelease of a service, and a look at the chart with every commit. */
function releasePatches(tree: readonly FiledObject[]): Record<string, unknown>[] {
  return tree
    .filter(({ object, file }) => object.kind === 'HelmRelease' && file.includes('/apps/'))
    .map(({ object }) => ({
      target: { kind: 'HelmRelease', name: object.metadata.name },
      reason: 'ten intervals are to be watched',
      operations: [{ op: 'replace', path: '/spec/interval', value: interval }],
    }));
}

/** Revision of Helm's last release, by HelmRelease. */
async function revisionsOf(client: KubeClient): Promise<Map<string, number>> {
  const all = await client.list(helmReleases, 'HelmRelease', namespace);
  return new Map(all.map(({ metadata, status }) => [metadata.name, Number(status?.history?.[0]?.version ?? 0)]));
}

async function readyAfter(client: KubeClient, name: string): Promise<string> {
  const one = await client.get(helmReleases, 'HelmRelease', namespace, name);
  const ready = one && conditionOf(one, 'Ready');
  return `${ready?.reason}: ${ready?.message}`;
}

/** What must be in the cluster of a plain object: without what Flagger and Helm write. */
function expected({ kind, metadata, ...rest }: FiledObject['object']): Record<string, unknown> {
  const { 'app.kubernetes.io/managed-by': _, ...labels } = metadata.labels ?? {};
  const isHandedOver = metadata.annotations?.['kustomize.toolkit.fluxcd.io/ssa'] !== undefined;
  const { selector: __, ...spec } = (rest as { spec?: Record<string, unknown> }).spec ?? {};
  return { kind, ...rest, metadata: { name: metadata.name, labels }, ...(isHandedOver ? { spec } : {}) };
}

/** Paths of what the live object does not have as it should. */
function missing(wanted: unknown, live: unknown, path: string): string[] {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(live) || live.length !== wanted.length) return [path];
    return wanted.flatMap((item, index) => missing(item, live[index], `${path}/${index}`));
  }
  if (typeof wanted === 'object' && wanted !== null)
    return Object.entries(wanted).flatMap(([key, value]) =>
      missing(value, (live as Record<string, unknown> | null)?.[key], `${path}/${key}`),
    );
  return wanted === live ? [] : [`${path} is ${JSON.stringify(live)} in place of ${JSON.stringify(wanted)}`];
}
