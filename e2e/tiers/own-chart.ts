import { join } from 'node:path';
import { Chart } from 'cdk8s';
import { AviaryApp, CanaryRollout, MicroserviceRelease } from '../../lib';
import { followRollouts, waitForPhase } from '../lib/canaries';
import { conditionOf, kustomizations } from '../lib/flux-watch';
import { applyAll } from '../lib/kube-client';
import { readTree } from '../lib/manifests';
import type { Tier } from '../lib/tier';
import { allReady, type FluxParts, reconcileNow } from './flux';
import { withoutCharts } from './wave-move';

export const title = 'A chart of one’s own';
const namespace = 'shop';
const cluster = 'test';

/** A catalog of two services, and between them, in one cluster, a chart with a workload and its canary: the README's second example. */
async function synthesize(outdir: string, url: string, tag: string): Promise<void> {
  const service = (name: string, rest: object = {}) => ({
    name,
    image: { tag: '1.0.0' },
    ports: [{ port: 8080, protocol: 'http' }],
    canary: false,
    ...rest,
  });
  const app = new AviaryApp({
    outdir,
    catalog: {
      platform: {
        namespace,
        mesh: 'istio-sidecar',
        registry: 'registry.example.com/shop',
        prometheus: { scrapeInterval: '2s' },
        gitops: { url, branch: 'main', interval: '10s' },
      },
      clusters: [{ name: cluster, domain: 'test.example.com', flux: { mode: 'gotk' } }],
      services: [service('cart'), service('caller', { env: { GIFTS_ADDR: 'gifts:8080' } })],
    },
  });
  const chart = new Chart(app.cluster(cluster).apps, 'gifts', { namespace });
  chart.node.addDependency(app.service('cart'));
  app.service('caller').node.addDependency(chart);
  const release = new MicroserviceRelease(chart, 'gifts', {
    image: `registry.example.com/gifts:${tag}`,
    ports: [{ port: 8080, protocol: 'http' }],
    canaried: true,
  });
  new CanaryRollout(chart, 'rollout', {
    release,
    name: release.name,
    namespace,
    port: { port: 8080, protocol: 'http' },
    analysis: { interval: '10s', threshold: 3, stepWeight: 25, maxWeight: 50 },
    metrics: { interval: '20s' },
  });
  app.transform('short intervals', (object) =>
    object.kind === 'Kustomization' && object.apiVersion.startsWith('kustomize.toolkit')
      ? { ...object, spec: { ...(object.spec as object), interval: '10s', retryInterval: '10s' } }
      : object,
  );
  const { isWritten, findings } = await app.synth();
  if (!isWritten) throw new Error(findings.map(({ message }) => message).join('\n'));
}

/** By the real Flux in its wave, and by the real Flagger. */
export async function runOwnChart({ folder, reporter, client }: Tier, { mesh, git }: FluxParts): Promise<void> {
  if (!reporter.isWanted(title)) return;
  mesh.streams.push({
    from: { workload: 'caller', namespace },
    host: `gifts.${namespace}`,
    port: 8080,
    requestsPerSecond: 10,
    inMesh: true,
  });
  const push = async (name: string, tag: string): Promise<{ tree: string; commit: string }> => {
    const tree = join(folder, name);
    await synthesize(tree, git.url, tag);
    withoutCharts(tree);
    return { tree, commit: await git.push(tree, name) };
  };
  const installed = await reporter.step(title, 'install: in its wave, between the two services', async (say) => {
    const { tree, commit } = await push('own-1', '1.0.0');
    await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flux-system' } });
    const { refusals } = await applyAll(client, readTree(join(tree, 'clusters', cluster, 'flux-system')));
    if (refusals.length > 0) throw new Error(refusals.map(({ message }) => message).join('\n'));
    const ready = await allReady(client, commit, 600);
    const order = [...ready.keys()].filter((name) => name.startsWith('apps-'));
    say(`Ready in this order: ${[...ready.keys()].join(', ')}`);
    if (order.join() !== 'apps-wave-0,apps-wave-1,apps-wave-2') throw new Error(`the waves were ready as ${order}`);
    await waitForPhase(client, { namespace, name: 'gifts' }, ['Initialized', 'Succeeded'], 60);
  });
  if (!installed) return;
  await reporter.step(title, 'upgrade: rolled out by Flagger, its wave waits for it', async (say) => {
    const { commit } = await push('own-2', '1.1.0');
    await reconcileNow(client);
    const rollouts = await followRollouts(client, [{ namespace, name: 'gifts' }], 300);
    const ended = rollouts.get(`${namespace}/gifts`);
    say(`gifts: ${ended?.phase} after ${ended?.seconds.toFixed(0)} s`);
    const ready = await allReady(client, commit, 300);
    say(`apps-wave-1 Ready ${ready.get('apps-wave-1')?.toFixed(0)} s later`);
    const primary = await client.get('apps/v1', 'Deployment', namespace, 'gifts-primary');
    const image = String(primary?.spec.template.spec.containers[0].image);
    const wave = await client.get(kustomizations, 'Kustomization', 'flux-system', 'apps-wave-1');
    say(`the primary runs ${image}; ${wave && conditionOf(wave, 'Ready')?.message}`);
    if (ended?.phase !== 'Succeeded' || !image.endsWith(':1.1.0')) throw new Error('the rollout did not succeed');
  });
}
