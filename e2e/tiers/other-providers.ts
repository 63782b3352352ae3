import { announcedTicks, canaryEvents, followRollouts, getCanary, waitForPhase } from '../lib/canaries';
import { providerCrds } from '../lib/crds';
import type { KubeClient } from '../lib/kube-client';
import { Skip } from '../lib/report';
import { type CatalogData, synthTree } from '../lib/synth';
import type { Tier } from '../lib/tier';
import type { EntranceId } from '../mesh/entrances';
import type { Mesh } from '../mesh/mesh';
import { applyTree } from './other-meshes';

export const title = 'Other providers';
const tickSeconds = 10;
const name = 'web';
const port = 80;

/** How the catalog says it: an ingress controller in place of a mesh, or a mesh that somebody else runs. */
interface Scenario {
  readonly by: EntranceId;
  readonly platform: { readonly provider: EntranceId } | { readonly mesh: EntranceId };
}

const scenarios: readonly Scenario[] = [
  { by: 'nginx', platform: { provider: 'nginx' } },
  { by: 'contour', platform: { provider: 'contour' } },
  { by: 'traefik', platform: { provider: 'traefik' } },
  { by: 'gateway-api', platform: { provider: 'gateway-api' } },
  { by: 'linkerd', platform: { mesh: 'linkerd' } },
  { by: 'linkerd-gateway-api', platform: { mesh: 'linkerd-gateway-api' } },
  { by: 'kuma', platform: { mesh: 'kuma' } },
];
/** Behind a Gateway of somebody else's nobody counts that Flagger knows. */
const answers = 'http_requests_total{namespace="{{ namespace }}",app="{{ target }}"';
const ofApplication = {
  name: 'answers',
  query: `sum(rate(${answers},code="200"}[{{ interval }}])) / sum(rate(${answers}}[{{ interval }}])) * 100`,
  min: 99,
};
const namespaceOf = ({ by }: Scenario): string => `provider-${by}`;

/** A service with a canary, and what brings its traffic: a host from outside, or a caller in the mesh. */
function catalog(scenario: Scenario, tag: string): CatalogData {
  const namespace = namespaceOf(scenario);
  const isEntered = 'provider' in scenario.platform;
  return {
    platform: {
      namespace,
      ...scenario.platform,
      registry: `registry.example.com/${namespace}`,
      prometheus: { scrapeInterval: '2s' },
      gitops: { url: 'https://gitlab.example.com/rollouts/gitops.git' },
      gateway: { namespace: 'ingress', name: 'public' },
    },
    clusters: [{ name: 'test', domain: 'test.example.com', flux: { mode: 'gotk' } }],
    services: [
      {
        name,
        image: { tag },
        ports: [{ port, targetPort: 8080, protocol: 'http' }],
        traffic: { requestsPerSecond: 20 },
        ...(isEntered ? { expose: { hosts: [`${namespace}.{domain}`] } } : {}),
        canary: {
          interval: `${tickSeconds}s`,
          threshold: 3,
          stepWeight: 20,
          maxWeight: 60,
          metrics: {
            interval: '20s',
            ...(scenario.by === 'gateway-api'
              ? { custom: [ofApplication] }
              : { successRateMinPercent: 99, durationMaxMilliseconds: 500 }),
          },
          loadTest: false,
          alerts: false,
        },
      },
      ...(isEntered
        ? []
        : [
            {
              name: 'caller',
              image: { tag: '1.0.0' },
              ports: [{ port: 80, targetPort: 8080, protocol: 'http' }],
              env: { WEB: { service: name } },
              canary: false,
            },
          ]),
    ],
  };
}

/** The trees are made before the first is applied: rollouts begin together, and are timed from there. */
async function release({ root, folder, client }: Release, tag: string): Promise<void> {
  const trees: (readonly [namespace: string, tree: string])[] = [];
  for (const scenario of scenarios) {
    const namespace = namespaceOf(scenario);
    trees.push([namespace, await synthTree(root, folder, `${namespace}-${tag}`, catalog(scenario, tag))]);
  }
  for (const [namespace, tree] of trees) await applyTree(client, namespace, tree);
}

interface Release {
  readonly root: string;
  readonly folder: string;
  readonly client: KubeClient;
}

/** Rollouts, from catalogs, by the providers whose routes are no Istio's: one release that succeeds, one that fails, by their own counters. */
export async function runOtherProviders({ root, folder, reporter, client }: Tier, mesh: Mesh): Promise<void> {
  if (!reporter.isWanted(title)) return;
  const refs = scenarios.map((scenario) => ({ namespace: namespaceOf(scenario), name }));
  const isReady = await reporter.step(title, 'every Canary becomes Initialized', async (say) => {
    const crds = providerCrds(root);
    if (crds.length === 0) throw new Skip('the definitions of the providers are not beside the project');
    await release({ root, folder, client }, '1.0.0');
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
      await release({ root, folder, client }, tag);
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
