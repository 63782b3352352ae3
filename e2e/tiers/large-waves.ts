import type { GitServer } from '../lib/git-server';
import { applyAll, type KubeClient } from '../lib/kube-client';
import { readTree } from '../lib/manifests';
import { type CatalogData, synthTree } from '../lib/synth';
import type { Tier } from '../lib/tier';
import { allReady, reconcileNow } from './flux';
import { withoutCharts } from './wave-move';

export const title = 'Large waves';
const namespace = 'large';
/** The largest wave that one Kustomization applies (docs/decisions/0025). */
const whole = 360;

const catalog = (url: string, services: number): CatalogData => ({
  platform: {
    namespace,
    mesh: 'kubernetes',
    registry: 'registry.example.com/large',
    prometheus: { install: false },
    gitops: { url, branch: 'main', interval: '10s' },
  },
  clusters: [{ name: 'test', domain: 'test.example.com', flux: { mode: 'gotk' } }],
  services: Array.from({ length: services }, (_, index) => ({
    name: `service-${index}`,
    image: { tag: '1.0.0' },
    ports: [{ port: 80, protocol: 'http' }],
    // Kept or made anew: the Deployment tells.
    replicas: 0,
    canary: false,
  })),
});

/** A wave that gets parts, and is whole again: one Kustomization hands over to many and back. Real Flux, real git. */
export async function runLargeWaves({ root, folder, reporter, client }: Tier, git: GitServer): Promise<void> {
  if (!reporter.isWanted(title)) return;
  await reporter.step(title, 'a wave that gets parts, and is whole again, deletes nothing', async (say) => {
    const release = async (name: string, services: number): Promise<Map<string, string>> => {
      const tree = await synthTree(root, folder, name, catalog(git.url, services));
      withoutCharts(tree);
      const commit = await git.push(tree, name);
      const { refusals } = await applyAll(client, readTree(`${tree}/clusters/test/flux-system`));
      if (refusals.length > 0) throw new Error(refusals.map(({ message }) => message).join('\n'));
      await reconcileNow(client);
      const ready = await allReady(client, commit, 400);
      const found = await deployments(client);
      say(
        `${services} services: ${ready.size} Kustomizations, all Ready at the commit after ` +
          `${Math.max(...ready.values()).toFixed(0)} s, ${found.size} Deployments`,
      );
      return found;
    };
    await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flux-system' } });
    const first = await release('large-1', whole);
    const parted = await release('large-2', whole + 1);
    const again = await release('large-3', whole);
    for (const [name, uid] of first)
      for (const after of [parted, again])
        if (after.get(name) !== uid) throw new Error(`Deployment ${name} was deleted and made again`);
    say(`${first.size} Deployments kept their uid through both steps`);
    if (first.size !== whole || parted.size !== whole + 1)
      throw new Error(`${first.size} and ${parted.size} Deployments, not ${whole} and ${whole + 1}`);
    // The price, told as it is, so that a change shows (docs/decisions/0025).
    if (!again.has(`service-${whole}`)) throw new Error('the service that went with its part is gone: 0025 can say so');
    say('the one that came and went in the commit without parts is left: its part let go of all that it had');
  });
}

async function deployments(client: KubeClient): Promise<Map<string, string>> {
  const all = await client.list('apps/v1', 'Deployment', namespace);
  return new Map(all.map(({ metadata }) => [metadata.name, metadata.uid]));
}
