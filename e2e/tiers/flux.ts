import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { canaryEvents, waitForPhase } from '../lib/canaries';
import type { GitServer } from '../lib/git-server';
import { applyAll, type KubeClient, type LiveObject } from '../lib/kube-client';
import { parseManifests, readTree } from '../lib/manifests';
import { type CatalogData, synthTree } from '../lib/synth';
import type { Tier } from '../lib/tier';
import { sleep, waitFor } from '../lib/wait';
import type { Mesh } from '../mesh/mesh';
import type { Stream } from '../mesh/routes';

export const title = 'Flux';
const cluster = 'staging';
const kustomizations = 'kustomize.toolkit.fluxcd.io/v1';
const namespace = 'microservices-demo';

type Json = Record<string, unknown>;
interface Service extends Json {
  readonly name: string;
  readonly ports?: readonly { readonly port: number; readonly targetPort?: number; readonly protocol: string }[];
  readonly env?: Readonly<Record<string, string | { readonly service?: string }>>;
}

export interface Release {
  readonly url: string;
  readonly tag: string;
  /** Tags of single services, for a release that fails. */
  readonly tags?: Readonly<Record<string, string>>;
  readonly without?: string;
}

/** The project's own catalog, for one cluster, with the shortest intervals that Flagger has: overrides, and nothing else. */
export function onlineBoutique(root: string, { url, tag, tags = {}, without }: Release): CatalogData {
  const catalog = JSON.parse(readFileSync(join(root, 'services.json'), 'utf8')) as Json;
  const platform = catalog.platform as Json;
  const clusters = catalog.clusters as Json[];
  const services = (catalog.services as Service[]).filter(({ name }) => name !== without);
  const defaults = catalog.defaults as Json;
  const canary = defaults.canary as Json;
  return {
    ...catalog,
    platform: {
      ...platform,
      alerts: undefined,
      prometheus: { ...(platform.prometheus as Json), scrapeInterval: '2s' },
      gitops: { url, branch: 'main', interval: '10s' },
    },
    clusters: clusters
      .filter(({ name }) => name === cluster)
      .map((one) => ({
        ...one,
        defaults: {
          canary: {
            ...canary,
            interval: '10s',
            stepWeight: 25,
            maxWeight: 50,
            threshold: 3,
            metrics: { ...(canary.metrics as Json), interval: '20s' },
          },
        },
      })),
    services: services.map((service) => ({
      ...service,
      ...((service.image as Json | undefined)?.repository
        ? {}
        : { image: { ...(service.image as Json), tag: tags[service.name] ?? tag } }),
    })),
  };
}

/** Callers as the catalog's references name them, and visitors through the gateway. */
export function catalogStreams(root: string): Stream[] {
  const { services } = JSON.parse(readFileSync(join(root, 'services.json'), 'utf8')) as { services: Service[] };
  const streams: Stream[] = services.flatMap((caller) =>
    Object.values(caller.env ?? {}).flatMap((value) => {
      const callee = typeof value === 'object' ? services.find(({ name }) => name === value.service) : undefined;
      const port = callee?.ports?.[0];
      if (!callee || !port) return [];
      return [
        {
          from: { workload: caller.name, namespace },
          host: `${callee.name}.${namespace}`,
          port: port.port,
          requestsPerSecond: 5,
          inMesh: true,
        },
      ];
    }),
  );
  return [
    ...streams,
    {
      from: { workload: 'istio-ingress', namespace: 'istio-ingress' },
      gateway: 'istio-ingress/public',
      host: 'shop.staging.example.com',
      port: 443,
      requestsPerSecond: 10,
      inMesh: true,
    },
  ];
}

/**
 * Takes the Helm charts out of a tree: their OCI registries are not on this machine. What they would install runs as processes
 * (Flagger, Prometheus), has been applied (definitions) or is imitated (mesh). Namespaces and all else stay as they were written.
 */
export function withoutCharts(tree: string): number {
  let removed = 0;
  for (const entry of readdirSync(tree, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.yaml') || entry.name === 'kustomization.yaml') continue;
    const path = join(entry.parentPath, entry.name);
    const text = readFileSync(path, 'utf8');
    const documents = text.split(/^---$/m);
    const kept = documents.filter((document) =>
      parseManifests(document, path).every(
        ({ kind }) => !['HelmRelease', 'OCIRepository', 'HelmRepository'].includes(kind),
      ),
    );
    if (kept.length === documents.length) continue;
    removed += documents.length - kept.length;
    writeFileSync(path, kept.length > 0 ? kept.join('---') : stringify(null));
  }
  return removed;
}

const condition = (
  object: LiveObject | undefined,
  type: string,
): { status: string; message: string; reason: string; lastTransitionTime: string } | undefined =>
  object?.status?.conditions?.find((one: { type: string }) => one.type === type);

async function allReady(
  client: KubeClient,
  revision: string,
  timeoutSeconds: number,
  log: (line: string) => void,
): Promise<Map<string, number>> {
  const started = Date.now();
  const ready = new Map<string, number>();
  await waitFor(
    `every Kustomization Ready at ${revision.slice(0, 12)}`,
    async () => {
      const all = await client.list(kustomizations, 'Kustomization', 'flux-system');
      for (const one of all) {
        const name = one.metadata.name;
        const isReady =
          condition(one, 'Ready')?.status === 'True' && String(one.status.lastAppliedRevision).includes(revision);
        if (isReady && !ready.has(name)) {
          ready.set(name, (Date.now() - started) / 1000);
          log(name);
        }
      }
      return all.length > 1 && all.every(({ metadata }) => ready.has(metadata.name)) ? true : undefined;
    },
    {
      timeoutSeconds,
      pollMilliseconds: 500,
      describe: async () =>
        (await client.list(kustomizations, 'Kustomization', 'flux-system'))
          .filter(({ metadata }) => !ready.has(metadata.name))
          .map((one) => `${one.metadata.name}: ${condition(one, 'Ready')?.message ?? 'no condition'}`)
          .join('; '),
    },
  );
  return ready;
}

/** Asks source- and kustomize-controller to look now, as `flux reconcile` does. */
async function reconcileNow(client: KubeClient): Promise<void> {
  const patch = { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': new Date().toISOString() } } };
  await client.merge('source.toolkit.fluxcd.io/v1', 'GitRepository', 'flux-system', 'flux-system', patch);
}

/** Has every wave applied once more, and waits for it: what happens at each interval. */
async function reconcileWaves(client: KubeClient): Promise<LiveObject[]> {
  const requestedAt = new Date().toISOString();
  const patch = { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': requestedAt } } };
  const all = await client.list(kustomizations, 'Kustomization', 'flux-system');
  const waves = all.filter(({ metadata }) => metadata.name.startsWith('apps-'));
  for (const { metadata } of waves) {
    await client.merge(kustomizations, 'Kustomization', 'flux-system', metadata.name, patch);
  }
  return Promise.all(
    waves.map(({ metadata }) =>
      waitFor(
        `${metadata.name} to be reconciled`,
        async () => {
          const one = await client.get(kustomizations, 'Kustomization', 'flux-system', metadata.name);
          const isHandled = one?.status.lastHandledReconcileAt === requestedAt;
          return isHandled && condition(one, 'Ready')?.status !== 'Unknown' ? one : undefined;
        },
        { timeoutSeconds: 120 },
      ),
    ),
  );
}

async function canaries(client: KubeClient): Promise<LiveObject[]> {
  return client.list('flagger.app/v1beta1', 'Canary', namespace);
}

/** The whole cluster folder, from the sync objects on, by the real source- and kustomize-controller and the real Flagger. */
export async function runFlux({ root, folder, reporter, client }: Tier, mesh: Mesh, git: GitServer): Promise<void> {
  if (!reporter.isWanted(title)) return;
  mesh.streams.push(...catalogStreams(root));
  const release = async (
    name: string,
    fields: Omit<Release, 'url'>,
  ): Promise<{ commit: string; removed: number; tree: string }> => {
    const tree = await synthTree(root, folder, name, onlineBoutique(root, { url: git.url, ...fields }));
    const removed = withoutCharts(tree);
    return { commit: await git.push(tree, name), removed, tree };
  };

  const installed = await reporter.step(
    title,
    'from the sync objects to Ready, in the order of the layers',
    async (say) => {
      const { commit, removed, tree } = await release('boutique-1', { tag: 'v0.10.5' });
      say(`${removed} HelmReleases and OCIRepositories are left out: their registry is not on this machine`);
      const sync = readTree(join(tree, 'clusters', cluster, 'flux-system'));
      await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flux-system' } });
      const { refusals } = await applyAll(client, sync);
      if (refusals.length > 0) throw new Error(refusals.map(({ message }) => message).join('\n'));
      const order: string[] = [];
      const ready = await allReady(client, commit, 600, (name) => order.push(name));
      for (const [name, seconds] of ready) say(`${name} Ready after ${seconds.toFixed(0)} s`);
      await checkOrder(client, order);
    },
  );
  if (!installed) return;

  await reporter.step(
    title,
    'what Flagger changes is not fought: generations stand still over 10 reconciliations',
    async (say) => {
      const generations = async (): Promise<Record<string, number | undefined>> => {
        const watched: [string, string][] = [
          ['apps/v1', 'Deployment'],
          ['flagger.app/v1beta1', 'Canary'],
          ['networking.istio.io/v1', 'VirtualService'],
          ['v1', 'Service'],
        ];
        const lists = await Promise.all(watched.map(([apiVersion, kind]) => client.list(apiVersion, kind, namespace)));
        return Object.fromEntries(
          lists
            .flat()
            .map(({ kind, metadata }) => [
              `${kind} ${metadata.name}`,
              metadata.generation ?? Number(metadata.resourceVersion),
            ]),
        );
      };
      // Once, Flagger writes each Canary back whole when it adds its finalizer, and the next apply restores what that left out.
      await reconcileWaves(client);
      const before = await generations();
      for (let round = 0; round < 10; round += 1) await reconcileWaves(client);
      const after = await generations();
      const moved = Object.keys(before).filter((key) => before[key] !== after[key]);
      say(`${Object.keys(before).length} objects over 10 reconciliations of every wave, ${moved.length} changed`);
      if (moved.length > 0) throw new Error(moved.map((key) => `${key}: ${before[key]} to ${after[key]}`).join('\n'));
    },
  );

  await reporter.step(title, 'one release changes every image: every canary Succeeded', async (say) => {
    const started = Date.now();
    const { commit } = await release('boutique-2', { tag: 'v0.10.6' });
    await reconcileNow(client);
    const begun = new Map<string, number>();
    const ended = new Map<string, number>();
    const order: string[] = [];
    const watch = (async () => {
      while (ended.size < (await canaries(client)).length && Date.now() - started < 600_000) {
        for (const { metadata, status } of await canaries(client)) {
          const at = (Date.now() - started) / 1000;
          if (status?.phase === 'Progressing' && !begun.has(metadata.name)) begun.set(metadata.name, at);
          if (
            ['Succeeded', 'Failed'].includes(status?.phase) &&
            begun.has(metadata.name) &&
            !ended.has(metadata.name)
          ) {
            ended.set(metadata.name, at);
          }
        }
        await sleep(500);
      }
    })();
    const ready = await allReady(client, commit, 600, (name) => order.push(name));
    await watch;
    for (const [name, seconds] of ready) say(`${name} Ready after ${seconds.toFixed(0)} s`);
    for (const { metadata, status } of await canaries(client)) {
      const [from, to] = [begun.get(metadata.name), ended.get(metadata.name)];
      say(`${metadata.name}: ${status?.phase}, ${from?.toFixed(0)} s to ${to?.toFixed(0)} s`);
    }
    const failed = (await canaries(client)).filter(({ status }) => status?.phase !== 'Succeeded');
    if (failed.length > 0)
      throw new Error(failed.map(({ metadata, status }) => `${metadata.name}: ${status?.phase}`).join('\n'));
    await checkOrder(client, order);
    const waves = new Map<string, number>();
    for (const one of await client.list(kustomizations, 'Kustomization', 'flux-system')) {
      const number = Number(/^apps-wave-(\d+)$/.exec(one.metadata.name)?.[1] ?? Number.NaN);
      for (const { id } of (one.status.inventory?.entries ?? []) as { id: string }[]) {
        const match = /^[^_]*_([^_]*)_flagger\.app_Canary$/.exec(id);
        if (match?.[1] && !Number.isNaN(number)) waves.set(match[1], number);
      }
    }
    const overlaps = [...begun].filter(([name, at]) =>
      [...ended].some(([other, end]) => (waves.get(other) ?? 0) < (waves.get(name) ?? 0) && end > at),
    );
    // Known and not mended (docs/decisions, on the order of waves in a release): told as it is, so that a change shows.
    say(
      `${overlaps.length} rollouts began before an earlier wave had ended: a Canary still reports the last release when its ` +
        'Kustomization is judged, so dependsOn orders an installation, and not the rollouts of a release',
    );
  });

  await reporter.step(title, 'a rollout that fails is rolled back and fails its Kustomization', async (say) => {
    const { commit } = await release('boutique-3', { tag: 'v0.10.6', tags: { currencyservice: 'v0.10.7-errors' } });
    await reconcileNow(client);
    await waitForPhase(client, { namespace, name: 'currencyservice' }, ['Failed'], 240);
    const before = condition(await client.get(kustomizations, 'Kustomization', 'flux-system', 'apps-wave-0'), 'Ready');
    say(`apps-wave-0 when the rollout had failed: Ready ${before?.status}: ${before?.message}`);
    // What the interval does by itself, ten minutes later at most.
    const judged = await reconcileWaves(client);
    const wave = condition(
      judged.find(({ metadata }) => metadata.name === 'apps-wave-0'),
      'Ready',
    );
    say(
      `revision ${commit.slice(0, 12)}; apps-wave-0 at its next reconciliation: Ready ${wave?.status}: ${wave?.message}`,
    );
    if (wave?.status !== 'False' || !wave.message.includes('currencyservice')) {
      throw new Error('the Kustomization does not tell of the rollout that failed');
    }
    for (const event of (await canaryEvents(client, { namespace, name: 'currencyservice' })).slice(-4)) say(event);
  });

  await reporter.step(title, 'the next good release heals it', async (say) => {
    const { commit } = await release('boutique-4', { tag: 'v0.10.6', tags: { currencyservice: 'v0.10.8' } });
    await reconcileNow(client);
    await waitForPhase(client, { namespace, name: 'currencyservice' }, ['Succeeded'], 240);
    const ready = await allReady(client, commit, 300, () => undefined);
    say(`every Kustomization Ready after ${Math.max(...ready.values()).toFixed(0)} s`);
  });

  await reporter.step(title, 'a service removed from the catalog disappears', async (say) => {
    const { commit } = await release('boutique-5', {
      tag: 'v0.10.6',
      tags: { currencyservice: 'v0.10.8' },
      without: 'loadgenerator',
    });
    await reconcileNow(client);
    await waitFor(
      'Deployment loadgenerator to be gone',
      async () => ((await client.get('apps/v1', 'Deployment', namespace, 'loadgenerator')) ? undefined : true),
      { timeoutSeconds: 120 },
    );
    say(`pruned at revision ${commit.slice(0, 12)}`);
  });
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
