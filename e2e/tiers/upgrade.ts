import type { KubeObject } from '../../lib/kube';
import { FluxApply, type Reconciliation } from '../lib/flux-apply';
import type { KubeClient } from '../lib/kube-client';
import { type FiledObject, objectName } from '../lib/manifests';
import type { Say } from '../lib/report';
import { type SaidByDiff, saidByDiff } from '../lib/said-by-diff';
import { type CatalogData, synthTree } from '../lib/synth';
import type { Tier } from '../lib/tier';
import { clusterTrees, ensureNamespaces } from './acceptance';

const title = 'Upgrade';
const namespace = 'upgrade';

type Json = Record<string, unknown>;

interface Version {
  readonly name: string;
  /** Changes the catalog that the version before left. */
  readonly change: (catalog: MutableCatalog) => void;
}

interface MutableCatalog extends CatalogData {
  platform: Json;
  services: Json[];
}

const rollout = {
  interval: '1m',
  threshold: 5,
  stepWeight: 10,
  maxWeight: 50,
  metrics: { interval: '1m', successRateMinPercent: 99, durationMaxMilliseconds: 500 },
};

const first: MutableCatalog = {
  platform: {
    namespace,
    mesh: 'istio-sidecar',
    registry: 'registry.example.com/upgrade',
    prometheus: { address: 'http://prometheus-prometheus.monitoring:9090', scrapeInterval: '15s' },
    gitops: { url: 'https://gitlab.example.com/upgrade/gitops.git' },
  },
  clusters: [{ name: 'test', domain: 'test.example.com', flux: { mode: 'gotk' } }],
  defaults: { image: { tag: '1.0.0' } },
  services: [
    {
      name: 'web',
      ports: [{ port: 80, targetPort: 8080, protocol: 'http' }],
      env: { BACKEND: { service: 'backend' }, MODE: 'plain', LEVEL: 'info' },
      probes: { readiness: { http: { path: '/healthz' } } },
      expose: { hosts: ['www.{domain}'] },
      resources: { requests: { cpu: '50m', memory: '32Mi' }, limits: { memory: '64Mi' } },
      traffic: { requestsPerSecond: 20 },
      replicas: 3,
      canary: false,
    },
    {
      name: 'backend',
      ports: [{ port: 7070, protocol: 'grpc' }],
      probes: { readiness: { grpc: {} } },
      config: [{ mountPath: '/etc/backend', files: { 'backend.yaml': 'level: info\n' } }],
      resources: { requests: { cpu: '50m', memory: '32Mi' }, limits: { memory: '64Mi' } },
      traffic: { requestsPerSecond: 20 },
      replicas: 2,
      canary: false,
    },
  ],
};

const service = (catalog: MutableCatalog, name: string): Json => {
  const found = catalog.services.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`the catalog of this tier has no service ${name}`);
  return found;
};

const worker: Json = {
  name: 'worker',
  ports: [{ port: 9000, protocol: 'tcp', name: 'jobs' }],
  probes: { readiness: { tcp: {} } },
  canary: false,
};

const versions: readonly Version[] = [
  { name: 'service added', change: ({ services }) => void services.push({ ...worker }) },
  {
    name: 'service renamed',
    change: (catalog) => {
      service(catalog, 'worker').name = 'runner';
    },
  },
  {
    name: 'canary switched on',
    change: (catalog) => {
      for (const name of ['web', 'backend']) service(catalog, name).canary = rollout;
    },
  },
  {
    name: 'strategy changed to Blue/Green',
    change: (catalog) => {
      const { stepWeight: _step, maxWeight: _max, ...rest } = rollout;
      service(catalog, 'backend').canary = { ...rest, iterations: 5, loadTest: { requestsPerSecond: 10 } };
    },
  },
  {
    name: 'canary switched off',
    change: (catalog) => {
      for (const name of ['web', 'backend']) service(catalog, name).canary = false;
    },
  },
  {
    name: 'port changed',
    change: (catalog) => {
      service(catalog, 'web').ports = [{ port: 8000, targetPort: 9080, protocol: 'http' }];
      service(catalog, 'backend').ports = [{ port: 7071, protocol: 'grpc' }];
    },
  },
  {
    name: 'protocol of a port changed',
    change: (catalog) => {
      service(catalog, 'backend').ports = [{ port: 7071, targetPort: 8081, protocol: 'http' }];
      service(catalog, 'backend').probes = { readiness: { http: { path: '/ready' } } };
    },
  },
  {
    name: 'configuration changed',
    change: (catalog) => {
      service(catalog, 'backend').config = [{ mountPath: '/etc/backend', files: { 'backend.yaml': 'level: debug\n' } }];
      service(catalog, 'web').env = {
        BACKEND: { service: 'backend' },
        MODE: { configMap: { name: 'web', key: 'mode', optional: true } },
      };
    },
  },
  {
    name: 'replicas give way to an autoscaler, the account goes, a volume and a budget come',
    change: (catalog) => {
      const web = service(catalog, 'web');
      delete web.replicas;
      web.autoscaling = { minReplicas: 2, maxReplicas: 6, cpuUtilizationPercent: 70 };
      web.resources = { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } };
      web.disruptionBudget = { maxUnavailable: 1 };
      web.serviceAccount = { create: false };
      web.volumes = [{ name: 'cache', mountPath: '/cache', emptyDir: { sizeLimit: '64Mi' } }];
    },
  },
  {
    name: 'host changed',
    change: (catalog) => {
      service(catalog, 'web').expose = { hosts: ['shop.{domain}'] };
    },
  },
  {
    name: 'mesh: sidecars give way to ambient',
    change: ({ platform }) => {
      platform.mesh = 'istio-ambient';
    },
  },
  {
    name: 'mesh: ambient gives way to Gateway API routes',
    change: ({ platform }) => {
      platform.mesh = 'istio-gateway-api';
    },
  },
  {
    name: 'service removed',
    change: (catalog) => {
      catalog.services = catalog.services.filter(({ name }) => name !== 'runner');
    },
  },
];

/** One version of a catalog after the other on the same cluster, by Flux's rules: nothing is refused, nothing of the old stays. */
export async function runUpgrade({ root, folder, reporter, client }: Tier): Promise<void> {
  if (!reporter.isWanted(title)) return;
  const flux = new FluxApply(client);
  const catalog = structuredClone(first);
  let before: FiledObject[] = [];
  const all: Version[] = [{ name: 'first version', change: () => undefined }, ...versions];
  for (const [index, { name, change }] of all.entries()) {
    await reporter.step(title, name, async (say) => {
      change(catalog);
      const tree = await synthTree(root, folder, `upgrade-${index}`, catalog);
      const objects = clusterTrees(tree).flatMap((cluster) => cluster.objects);
      await ensureNamespaces(client, objects);
      const said = saidByDiff(before, objects);
      const earlier = await generations(client, objects);
      const done = await flux.reconcile(objects);
      report(done, say);
      expectAsSaid(said, done, earlier, await generations(client, objects), say);
      await expectLive(client, objects);
      await expectGone(client, before, objects);
      before = objects;
      await settle(client, flux, objects, say);
    });
  }
}

/** What diff calls deleted is what goes; what it calls no change is none, and what it calls a change of what is asked for is one. */
function expectAsSaid(
  { diff, dangers }: SaidByDiff,
  { pruned }: Reconciliation,
  earlier: ReadonlyMap<string, string | number | undefined>,
  later: ReadonlyMap<string, string | number | undefined>,
  say: Say,
): void {
  if (diff.isNewCluster) return;
  const named = (kind: string, name: string, of: string) => `${kind} ${of ? `${of}/` : ''}${name}`;
  const changes = new Map(diff.changes.map((one) => [named(one.kind, one.name, one.namespace), one]));
  const deleted = [...changes].filter(([, { isDeleted }]) => isDeleted).map(([name]) => name);
  const problems: string[] = [];
  if (deleted.sort().join() !== [...pruned].sort().join())
    problems.push(`diff says deleted: ${deleted.join(', ')}; pruned: ${pruned.join(', ')}`);
  let count = 0;
  for (const [name, generation] of later) {
    const was = earlier.get(name);
    if (was === undefined || generation === undefined) continue;
    const change = changes.get(name);
    // Of a Deployment an annotation moves the number too: kubernetes v1.36 pkg/registry/apps/deployment/strategy.go.
    const counted = change?.kind === 'Deployment' ? /^(spec|metadata\.annotations)\b/ : /^spec\b/;
    const isSaid = change?.fields.some(({ path }) => counted.test(path)) === true;
    // Only a number is moved by a change alone.
    if (typeof generation !== 'number' || change?.isAdded || change?.isRemoved) continue;
    count += 1;
    if ((generation !== was) !== isSaid)
      problems.push(
        `${name} ${generation === was ? 'stays as it is' : 'changes'}, and diff says ${isSaid ? 'it changes' : 'nothing of it'}`,
      );
  }
  say(
    `diff: ${count} objects that stay change or not as it says, ${deleted.length} go; dangers: ${[...new Set(dangers)].join(', ') || 'none'}`,
  );
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

function report({ applied, skipped, pruned, refusals, warnings }: Reconciliation, say: Say): void {
  say(`${applied.length} applied, ${skipped.length} left alone, ${pruned.length} pruned`);
  if (pruned.length > 0) say(`pruned: ${pruned.join(', ')}`);
  const problems = [
    ...refusals.map(({ object, message }) => `refused: ${object}: ${message}`),
    ...warnings.map(({ object, message }) => `warning: ${object}: ${message}`),
  ];
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

/** Lists that server-side apply merges by a key: an entry of an older version could stay in them. */
async function expectLive(client: KubeClient, objects: readonly FiledObject[]): Promise<void> {
  const problems: string[] = [];
  for (const { object } of objects) {
    if (object.metadata.namespace !== namespace || !['Service', 'Deployment'].includes(object.kind)) continue;
    const live = await client.get(object.apiVersion, object.kind, namespace, object.metadata.name);
    const [wanted, found] = [keyedLists(object), live && keyedLists(live)];
    if (JSON.stringify(wanted) !== JSON.stringify(found)) {
      problems.push(`${objectName(object)} is ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
    }
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

interface Port {
  readonly port?: number;
  readonly containerPort?: number;
}

function keyedLists(object: KubeObject): unknown {
  const { spec } = object as unknown as {
    spec: {
      ports?: Port[];
      template?: {
        spec: { containers: { ports?: Port[]; env?: { name: string }[]; volumeMounts?: { name: string }[] }[] };
      };
    };
  };
  if (object.kind === 'Service') return { ports: spec.ports?.map(({ port }) => port) };
  return spec.template?.spec.containers.map(({ ports = [], env = [], volumeMounts = [] }) => ({
    ports: ports.map(({ containerPort }) => containerPort),
    env: env.map(({ name }) => name),
    mounts: volumeMounts.map(({ name }) => name),
  }));
}

async function expectGone(
  client: KubeClient,
  before: readonly FiledObject[],
  now: readonly FiledObject[],
): Promise<void> {
  const names = new Set(now.map(({ object }) => `${object.apiVersion} ${objectName(object)}`));
  for (const { object } of before) {
    if (names.has(`${object.apiVersion} ${objectName(object)}`)) continue;
    const { apiVersion, kind, metadata } = object;
    const live = await client.get(apiVersion, kind, metadata.namespace ?? 'default', metadata.name);
    const isKept = live?.metadata.annotations?.['kustomize.toolkit.fluxcd.io/prune'] === 'disabled';
    if (live && !live.metadata.deletionTimestamp && !isKept) throw new Error(`${objectName(object)} is still there`);
  }
}

/** What the API server adds or rewrites is not fought over: from the third reconciliation on nothing changes any more. */
async function settle(client: KubeClient, flux: FluxApply, objects: readonly FiledObject[], say: Say): Promise<void> {
  // A field that left the tree together with its last neighbours is gone after one more apply: the first leaves an empty parent behind.
  const second = await changedBy(client, flux, objects);
  if (second.length > 0) say(`the second reconciliation still changes ${second.join(', ')}`);
  const third = await changedBy(client, flux, objects);
  if (third.length > 0) throw new Error(`the third reconciliation still changes ${third.join(', ')}`);
}

async function changedBy(client: KubeClient, flux: FluxApply, objects: readonly FiledObject[]): Promise<string[]> {
  const earlier = await generations(client, objects);
  await flux.reconcile(objects);
  const later = await generations(client, objects);
  return [...earlier].filter(([name, generation]) => later.get(name) !== generation).map(([name]) => name);
}

/** Where there is no generation, the resource version; it is no use elsewhere, because a new timestamp in managedFields moves it. */
async function generations(
  client: KubeClient,
  objects: readonly FiledObject[],
): Promise<Map<string, string | number | undefined>> {
  const found = new Map<string, string | number | undefined>();
  for (const { object } of objects) {
    const { apiVersion, kind, metadata } = object;
    const live = await client.get(apiVersion, kind, metadata.namespace ?? 'default', metadata.name);
    found.set(objectName(object), live?.metadata.generation ?? live?.metadata.resourceVersion);
  }
  return found;
}
