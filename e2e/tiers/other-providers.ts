import { join } from 'node:path';
import { ApiObject, App, Chart } from 'cdk8s';
import { CanaryRollout, Metric, MicroserviceRelease, Provider } from '../../lib';
import type { KubeObject } from '../../lib/kube';
import { announcedTicks, canaryEvents, followRollouts, getCanary, waitForPhase } from '../lib/canaries';
import { providerCrds } from '../lib/crds';
import { applyAll, type KubeClient } from '../lib/kube-client';
import { sortForApply } from '../lib/manifests';
import { Skip } from '../lib/report';
import type { Tier } from '../lib/tier';
import type { EntranceId } from '../mesh/entrances';
import type { Mesh } from '../mesh/mesh';

export const title = 'Other providers';
const tickSeconds = 10;
const name = 'web';
const port = 80;

interface Scenario {
  readonly by: EntranceId;
  readonly provider: Provider;
  /** What leads to the service besides what Flagger writes. */
  readonly own?: (chart: Chart) => void;
}

const scenarios: readonly Scenario[] = [
  {
    by: 'nginx',
    provider: Provider.nginx({ ingress: name }),
    own: (chart) => {
      new ApiObject(chart, 'ingress', {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: { name },
        spec: {
          ingressClassName: 'nginx',
          rules: [
            {
              host: 'web.example.com',
              http: {
                paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name, port: { number: port } } } }],
              },
            },
          ],
        },
      });
    },
  },
  { by: 'contour', provider: Provider.contour() },
  { by: 'traefik', provider: Provider.traefik() },
  { by: 'linkerd', provider: Provider.linkerd() },
];
const namespaceOf = ({ by }: Scenario): string => `by-${by}`;

/** A service and its canary by the constructs, in a stock cdk8s app. */
function objectsOf(folder: string, scenario: Scenario, tag: string): KubeObject[] {
  const namespace = namespaceOf(scenario);
  const chart = new Chart(new App({ outdir: join(folder, namespace) }), namespace, { namespace });
  const release = new MicroserviceRelease(chart, name, {
    image: `registry.example.com/${namespace}/${name}:${tag}`,
    ports: [{ port, targetPort: 8080, protocol: 'http' }],
    canaried: true,
  });
  new CanaryRollout(chart, 'rollout', {
    release,
    provider: scenario.provider,
    analysis: { interval: `${tickSeconds}s`, threshold: 3, stepWeight: 20, maxWeight: 60 },
    metrics: [Metric.successRate(99, { interval: '20s' }), Metric.duration(500, { interval: '20s' })],
  });
  scenario.own?.(chart);
  return [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, ...(chart.toJson() as KubeObject[])];
}

async function release(client: KubeClient, folder: string, tag: string): Promise<void> {
  for (const scenario of scenarios) {
    const objects = objectsOf(folder, scenario, tag).map((object) => ({ object }));
    const { refusals } = await applyAll(client, sortForApply(objects), { fieldManager: 'kustomize-controller' });
    if (refusals.length > 0) throw new Error(refusals.map(({ object, message }) => `${object}: ${message}`).join('\n'));
  }
}

/** Rollouts by the providers whose routes are no Istio's: one release that succeeds, one that fails, by their own counters. */
export async function runOtherProviders({ root, folder, reporter, client }: Tier, mesh: Mesh): Promise<void> {
  if (!reporter.isWanted(title)) return;
  const refs = scenarios.map((scenario) => ({ namespace: namespaceOf(scenario), name }));
  const isReady = await reporter.step(title, 'every Canary becomes Initialized', async (say) => {
    const crds = providerCrds(root);
    if (crds.length === 0) throw new Skip('the definitions of the providers are not beside the project');
    await release(client, folder, '1.0.0');
    for (const ref of refs) await waitForPhase(client, ref, ['Initialized'], 180);
    for (const scenario of scenarios)
      mesh.entrances.entered.push({
        by: scenario.by,
        namespace: namespaceOf(scenario),
        name,
        port,
        requestsPerSecond: 20,
      });
    say(`${refs.length} Canaries Initialized`);
  });
  if (!isReady) return;
  for (const [tag, expected, shares] of [
    ['2.0.0', 'Succeeded', [0, 20, 40, 60, 0]],
    ['3.0.0-errors', 'Failed', [0, 20, 0]],
  ] as const) {
    for (const { namespace } of refs) mesh.entrances.shares.delete(`${namespace}/${name}`);
    let ended: Awaited<ReturnType<typeof followRollouts>> = new Map();
    await reporter.step(title, `one release of ${tag} everywhere`, async (say) => {
      await release(client, folder, tag);
      ended = await followRollouts(client, refs, 240);
      say(`${ended.size} of ${refs.length} rollouts ended`);
      if (mesh.error) say(`mesh: ${mesh.error}`);
    });
    for (const scenario of scenarios)
      await reporter.step(title, `${scenario.by}, ${tag}: ${expected}`, async (say) => {
        const ref = { namespace: namespaceOf(scenario), name };
        const key = `${ref.namespace}/${name}`;
        const events = await canaryEvents(client, ref);
        for (const event of events.slice(events.findLastIndex((one) => one.startsWith('New revision detected'))))
          say(event);
        const seen = mesh.entrances.shares.get(key) ?? [];
        say(`share of the canary, as the routes said it: ${seen.join(', ')} %`);
        const end = ended.get(key);
        const live = await getCanary(client, ref);
        if (!end) throw new Error(`did not end; phase ${live.status?.phase}`);
        const announced = announcedTicks(live);
        const wanted = expected === 'Succeeded' ? announced?.success : announced?.rollback;
        const ticks = Math.round(end.seconds / tickSeconds);
        say(`${end.phase} after ${end.seconds.toFixed(0)} s: tick ${ticks}, announced ${wanted ?? 'none'}`);
        if (end.phase !== expected) throw new Error(`ended ${end.phase}`);
        if (String(seen) !== String(shares)) throw new Error(`the shares were not ${shares.join(', ')}`);
        if (ticks !== wanted) throw new Error(`took ${ticks} ticks, ${wanted} were announced`);
      });
  }
}
