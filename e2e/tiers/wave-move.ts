import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { EndpointsWatch } from '../lib/endpoints';
import { conditionOf } from '../lib/flux-watch';
import type { GitServer } from '../lib/git-server';
import { applyAll } from '../lib/kube-client';
import { parseManifests, readTree } from '../lib/manifests';
import { saidByDiff } from '../lib/said-by-diff';
import { type CatalogData, synthTree } from '../lib/synth';
import type { Tier } from '../lib/tier';
import { sleep, waitFor } from '../lib/wait';

export const title = 'Wave move';
const namespace = 'moved';
/** The new pods of both, and what Flux does after them. */
const settleMilliseconds = 20_000;
const catalog = (url: string, calls: boolean): CatalogData => ({
  platform: {
    namespace,
    mesh: 'istio-sidecar',
    registry: 'registry.example.com/moved',
    prometheus: { scrapeInterval: '2s' },
    gitops: { url, branch: 'main', interval: '10s' },
  },
  clusters: [{ name: 'test', domain: 'test.example.com', flux: { mode: 'gotk' } }],
  services: [
    ...['first', 'pinned', 'second'].map((name) => ({
      ...plain(name),
      env: name !== 'second' && calls ? { SECOND: { service: 'second' } } : {},
      ...(name === 'pinned' && calls ? { wave: 0 } : {}),
    })),
    // By the calls alone `data` would be in the first wave, and wait for what `owner` makes in the second: for ever.
    { ...plain('data'), serviceAccount: { create: false, name: 'shared' }, container: { envFrom: [settings] } },
    {
      ...plain('owner'),
      env: { SECOND: { service: 'second' } },
      serviceAccount: { name: 'shared' },
      configMaps: [{ name: 'shared-settings', data: { MODE: 'test' } }],
    },
  ],
});
const settings = { configMap: 'shared-settings' };
const plain = (name: string) => ({
  name,
  image: { tag: '1.0.0' },
  ports: [{ port: 80, targetPort: 8080, protocol: 'http' }],
  replicas: 2,
  canary: false,
});

/** Takes the Helm charts out of a tree: nothing of this section needs what they install. */
export function withoutCharts(tree: string): void {
  for (const entry of readdirSync(tree, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.yaml') || entry.name === 'kustomization.yaml') continue;
    const path = join(entry.parentPath, entry.name);
    const documents = readFileSync(path, 'utf8').split(/^---$/m);
    const kept = documents.filter((document) =>
      parseManifests(document, path).every(({ kind }) => !['HelmRelease', 'OCIRepository'].includes(kind)),
    );
    if (kept.length < documents.length) writeFileSync(path, kept.length > 0 ? kept.join('---') : stringify(null));
  }
}

/** The waves of what services share, then: a service gets a callee and so a later wave: one Kustomization prunes it, the next applies it. Real Flux, real git. */
export async function runWaveMove({ root, folder, reporter, client }: Tier, git: GitServer): Promise<void> {
  if (!reporter.isWanted(title)) return;
  await reporter.step(
    title,
    'a service that moves to a later wave is made anew, one that says its wave is not',
    async (say) => {
      const push = async (name: string, calls: boolean): Promise<string> => {
        const tree = await synthTree(root, folder, name, catalog(git.url, calls));
        withoutCharts(tree);
        await git.push(tree, name);
        return tree;
      };
      const tree = await push('moved-1', false);
      await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flux-system' } });
      const { refusals } = await applyAll(client, readTree(`${tree}/clusters/test/flux-system`));
      if (refusals.length > 0) throw new Error(refusals.map(({ message }) => message).join('\n'));
      const pods = async () =>
        (await client.list('v1', 'Pod', namespace)).filter((p) => p.status?.phase === 'Running').length;
      await waitFor('pods', async () => ((await pods()) === 10 ? true : undefined), { timeoutSeconds: 120 });
      const ready = await waitFor(
        'every wave Ready',
        async () => {
          const waves = (await client.list('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', 'flux-system')).filter(
            ({ metadata }) => metadata.name.startsWith('apps-'),
          );
          return waves.every((one) => conditionOf(one, 'Ready')?.status === 'True') ? waves.length : undefined;
        },
        { timeoutSeconds: 90 },
      );
      if (ready !== 3) throw new Error(`${ready} waves, not 3`);
      say('data waited for the account and the settings that owner makes, which waits for second: 3 waves, all Ready');
      const uids = async () =>
        Promise.all(
          ['first', 'pinned'].map(
            async (name) => (await client.get('apps/v1', 'Deployment', namespace, name))?.metadata.uid,
          ),
        );
      const [before, pinnedBefore] = await uids();
      const watch = new EndpointsWatch(client, namespace, ['first', 'pinned', 'second']);
      await watch.start();
      const moved = await push('moved-2', true);
      const said = saidByDiff(
        ...([tree, moved].map((folder) => readTree(folder)) as [
          ReturnType<typeof readTree>,
          ReturnType<typeof readTree>,
        ]),
      );
      await client.merge('source.toolkit.fluxcd.io/v1', 'GitRepository', 'flux-system', 'flux-system', {
        metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': new Date().toISOString() } },
      });
      // Known (docs/decisions/0005): told as it is, so that a change shows.
      await waitFor(
        'Deployment first to be made anew (if it is kept, docs/decisions/0005 can go)',
        async () => {
          const [uid] = await uids();
          return uid !== undefined && uid !== before ? true : undefined;
        },
        { timeoutSeconds: 120 },
      );
      await sleep(settleMilliseconds);
      const seen = await watch.stop();
      const [after, pinnedAfter] = await uids();
      for (const [name, { looks, fewest, emptyMilliseconds }] of seen) {
        say(`${name}: ${looks} looks, at least ${fewest} ready pods, none for ${emptyMilliseconds} ms`);
      }
      for (const name of ['pinned', 'second']) {
        if (!((seen.get(name)?.fewest ?? 0) >= 2)) throw new Error(`${name}, which did not move, lost pods`);
      }
      if (pinnedBefore === undefined || pinnedBefore !== pinnedAfter)
        throw new Error('the Deployment pinned was not kept');
      say(`diff: ${[...new Set(said.dangers)].join(', ')}; down: ${[...said.down].join(', ')}`);
      if (
        !said.dangers.includes('service-moves-to-later-wave') ||
        [...said.down].join() !== `Deployment ${namespace}/first`
      )
        throw new Error('diff does not say that first, and it alone, is down meanwhile');
      say('Deployment pinned was kept: the commit gave it the same callee, and "wave": 0');
      say(`Deployment first was deleted and made again: uid ${before}, then ${after}`);
    },
  );
}
