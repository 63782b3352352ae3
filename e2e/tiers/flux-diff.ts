import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import type { DangerObjects } from '../../lib/diff';
import { isExact } from '../../lib/diff/chart-version';
import type { Fields, KubeObject } from '../../lib/kube';
import { type DangerPair, listed, pairsOf } from '../lib/danger-pairs';
import { isReady } from '../lib/endpoints';
import { conditionOf, kustomizations } from '../lib/flux-watch';
import type { GitServer } from '../lib/git-server';
import { ApiError, type KubeClient, type LiveObject } from '../lib/kube-client';
import { type OciRegistry, templateChart } from '../lib/oci-registry';
import type { Say } from '../lib/report';
import type { Tier } from '../lib/tier';
import { run } from '../lib/tools';
import { sleep, waitFor } from '../lib/wait';

export const title = 'Diff, applied by Flux';

const interval = '5s';
const settleMilliseconds = 12_000;
const pollMilliseconds = 200;
/** Another repository, for all that one knows. */
const elsewhere = { kind: 'GitRepository', name: 'elsewhere', namespace: 'flux-system' };
const gitSource = { kind: 'GitRepository', name: 'flux-system', namespace: 'flux-system' };

type Files = Readonly<Record<string, readonly KubeObject[]>>;

/** A pair of states in a repository, in a folder and a namespace of its own. */
interface Play extends DangerPair {
  readonly index: number;
}

/** The pairs whose steps Flux takes, and Flagger has no part in. */
const plays: readonly Play[] = pairsOf('flux').map((pair, index) => ({ ...pair, index }));

const folderOf = ({ index }: Play): string => `case-${index}`;

export interface FluxDiffParts {
  readonly git: GitServer;
  readonly registry: OciRegistry;
}

/** What has become of a Deployment. */
type Fate = 'kept' | 'rolled out' | 'made anew' | 'gone';

interface Watched {
  /** In the order of their appearance. */
  readonly uids: string[];
  readonly templates: string[];
  /** When the template changed, in milliseconds since 1970. */
  changedAt?: number;
  isThere: boolean;
  /** Milliseconds, about, without a ready pod. */
  emptyMilliseconds: number;
}

/** Looks at all Deployments and pods of the cases again and again. */
class DeploymentWatch {
  /** When the second commit was pushed, in milliseconds since 1970. */
  committedAt = Number.NaN;
  readonly seen = new Map<string, Watched>();
  private running: Promise<void> = Promise.resolve();
  private ending = false;

  constructor(private readonly client: KubeClient) {}

  start(): void {
    this.running = this.loop();
    this.running.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.ending = true;
    await this.running;
  }

  fateOf(key: string): Fate | undefined {
    const seen = this.seen.get(key);
    if (!seen) return undefined;
    if (!seen.isThere) return 'gone';
    if (seen.uids.length > 1) return 'made anew';
    return seen.templates.length > 1 ? 'rolled out' : 'kept';
  }

  private async loop(): Promise<void> {
    let last = Date.now();
    while (!this.ending) {
      const [deployments, pods] = await Promise.all([
        this.client.list('apps/v1', 'Deployment'),
        this.client.list('v1', 'Pod'),
      ]);
      const now = Date.now();
      const there = new Map(deployments.map((one) => [`${one.metadata.namespace}/${one.metadata.name}`, one]));
      for (const [key, one] of there) this.look(key, one, now);
      for (const [key, seen] of this.seen) {
        seen.isThere = there.has(key);
        const own = pods.filter(
          (pod) => pod.metadata.namespace === key.split('/')[0] && pod.metadata.labels?.app === key.split('/')[1],
        );
        if (!own.some(isReady)) seen.emptyMilliseconds += now - last;
      }
      last = now;
      await sleep(pollMilliseconds);
    }
  }

  private look(key: string, { metadata, spec }: LiveObject, now: number): void {
    const template = JSON.stringify(spec.template);
    const seen = this.seen.get(key) ?? { uids: [], templates: [], isThere: true, emptyMilliseconds: 0 };
    this.seen.set(key, seen);
    if (seen.uids.at(-1) !== metadata.uid) seen.uids.push(metadata.uid);
    if (seen.templates.at(-1) === template) return;
    seen.templates.push(template);
    if (seen.templates.length > 1) seen.changedAt = now;
  }
}

/** `aviary diff --format json`, as far as it is held against what happens. */
interface Said {
  readonly clusters: readonly {
    readonly services: readonly { readonly service?: string; readonly effects: readonly string[] }[];
  }[];
  readonly dangers: readonly { readonly code: string; readonly message: string }[];
}

/** Every pair of a danger over Flux's own objects, in one repository: two commits, and what the controllers make of the second. */
export async function runFluxDiff(
  { root, folder, reporter, client }: Tier,
  { git, registry }: FluxDiffParts,
): Promise<void> {
  if (!reporter.isWanted(title)) return;
  const stage = new Stage(join(folder, 'flux-diff'), { git, registry });
  const said = new Map<Play, Said>();
  const watch = new DeploymentWatch(client);
  const isUp = await reporter.step(title, 'every pair as it is before, applied by Flux', async (say) => {
    stage.write();
    for (const branch of otherBranches) await git.push(stage.other, 'another branch', branch);
    await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flux-system' } });
    for (const play of plays)
      for (const name of [folderOf(play), `shop-${play.index}`])
        await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    const first = await git.push(stage.start, 'nothing is suspended');
    for (const object of stage.parents()) await client.apply(object);
    await follow(client, first);
    await byHand(client);
    await follow(client, await git.push(stage.before, 'before'));
    say(`${plays.length} pairs, each with a Kustomization of its own above it`);
  });
  if (!isUp) return;
  await reporter.step(title, 'the commit: every pair as it is after', async (say) => {
    for (const play of plays) said.set(play, await stage.diff(root, play));
    watch.start();
    await sleep(1000);
    // The API server tells times to the second.
    watch.committedAt = Date.now() - 1000;
    const commit = await git.push(stage.after, 'after');
    await follow(client, commit);
    await sleep(settleMilliseconds);
    await watch.stop();
    say(`diff was asked before it about each of ${plays.length} pairs, by the command`);
  });
  for (const id of new Set(plays.map(({ danger }) => danger)))
    await reporter.step(title, id, async (say) => {
      const problems: string[] = [];
      for (const play of plays.filter(({ danger }) => danger === id)) {
        const tell: Say = (line) => say(`${play.isBad ? 'danger' : 'none'}, ${play.name}: ${line}`);
        const words = said.get(play);
        if (!words) throw new Error('diff was not asked');
        const found = [...compared(play, words, watch, tell), ...(await ofItsOwn(client, play, watch, tell))];
        problems.push(...found.map((problem) => `${play.name}: ${problem}`));
      }
      if (problems.length > 0) throw new Error(problems.join('\n'));
    });
}

/** What diff says will become of a Deployment; several where it says that it is not certain. */
function fatesSaid(play: Play, said: Said, key: string): readonly Fate[] {
  const name = key.split('/')[1]!;
  const services = said.clusters.flatMap((one) => one.services).filter(({ service }) => service === key);
  const effects = services.flatMap((one) => one.effects);
  const says = (pattern: RegExp): boolean => effects.some((effect) => pattern.test(effect));
  // It cannot see what the other place holds.
  if (said.dangers.some(({ code }) => code === 'source-moved') && play.danger === 'source-moved')
    return ['gone', 'kept'];
  // Not even a note stays in the folder of that case.
  if (says(/else left, as Flux fails then/)) return ['kept'];
  if (says(/does not make it again/)) return ['gone'];
  if (says(/not certain/)) return ['made anew', 'kept', 'gone'];
  if (says(/made again/)) return ['made anew'];
  if (says(new RegExp(`^deleted: .*Deployment [^;]*\\b${name}\\b`))) return ['gone'];
  if (says(/^rolls out/)) return ['rolled out'];
  return ['kept'];
}

/** What contradicts the words about a pair. */
function compared(play: Play, said: Said, watch: DeploymentWatch, say: Say): string[] {
  const problems: string[] = [];
  const codes = [...new Set(said.dangers.map(({ code }) => code))];
  if (codes.includes(play.danger) !== play.isBad)
    problems.push(`diff says ${codes.join(', ') || 'no danger'}, not ${play.danger}`);
  const deployments = new Set(
    [...listed(play.before), ...listed(play.after)]
      .filter(({ kind }) => kind === 'Deployment')
      .map(({ metadata }) => `shop-${play.index}/${metadata.name}`),
  );
  const fates = new Map<string, number>();
  for (const key of deployments) {
    const fate = watch.fateOf(key);
    const wanted = fatesSaid(play, said, key);
    const { emptyMilliseconds = 0 } = watch.seen.get(key) ?? {};
    const seen = `${fate ?? 'never there'}${emptyMilliseconds > 0 ? `, no ready pod for ${emptyMilliseconds} ms` : ''}`;
    if (fate === undefined || !wanted.includes(fate))
      problems.push(`${key}: ${seen}; diff says ${wanted.join(' or ')}`);
    fates.set(seen, (fates.get(seen) ?? 0) + 1);
  }
  for (const [fate, count] of fates) say(`${count === 1 ? 'its Deployment' : `${count} Deployments`}: ${fate}`);
  for (const { code, message } of said.dangers) if (code === play.danger) say(`diff: ${message}`);
  return problems;
}

/** Branches of which the repository's own folders are not whole. */
const otherBranches = ['next'] as const;
const charts = 'charts';
/** Of the chart whose digest a case names. */
const pinnedVersion = '1.9.0';

/** The two states on the disk: one folder a pair, which diff compares, and all of them together, which Flux applies. */
class Stage {
  /** Digests of charts, by name and version. */
  private readonly digests = new Map<string, string>();

  constructor(
    private readonly folder: string,
    private readonly parts: FluxDiffParts,
  ) {}

  /** As before, and nothing is suspended: so that something is there that stays. */
  get start(): string {
    return join(this.folder, 'start');
  }
  get before(): string {
    return join(this.folder, 'before');
  }
  get after(): string {
    return join(this.folder, 'after');
  }
  /** What is in the branches beside main. */
  get other(): string {
    return join(this.folder, 'other');
  }

  write(): void {
    for (const play of plays) for (const { chart, version } of chartsOf(play)) this.pushChart(chart, version);
    for (const play of plays)
      for (const [root, objects] of [
        [this.before, play.before],
        [this.after, play.after],
      ] as const) {
        const own = join(this.folder, 'pairs', String(play.index), root === this.before ? 'before' : 'after');
        for (const [path, list] of Object.entries(this.filesOf(play, objects))) {
          const text = list.map((object) => stringify(object)).join('---\n');
          for (const place of [root, own]) put(join(place, path), text);
          if (root === this.before) put(join(this.start, path), text.replaceAll('suspend: true', 'suspend: false'));
        }
      }
    for (const play of plays)
      for (const path of ['apps', 'config/crd'])
        put(join(this.other, folderOf(play), path, 'other.yaml'), stringify(otherObject(play, path.split('/')[0]!)));
  }

  /** The Kustomization above each pair, and where the charts come from. */
  parents(): KubeObject[] {
    return [
      {
        apiVersion: 'source.toolkit.fluxcd.io/v1',
        kind: 'HelmRepository',
        metadata: { name: charts, namespace: 'flux-system' },
        spec: { type: 'oci', url: `oci://${this.parts.registry.address}/${charts}`, insecure: true },
      } as KubeObject,
      ...(
        [
          ['flux-system', 'main'],
          [elsewhere.name, otherBranches[0]],
        ] as const
      ).map(
        ([name, branch]) =>
          ({
            apiVersion: 'source.toolkit.fluxcd.io/v1',
            kind: 'GitRepository',
            metadata: { name, namespace: 'flux-system' },
            spec: { interval, url: this.parts.git.url, ref: { branch } },
          }) as KubeObject,
      ),
      ...plays.map(
        (play) =>
          ({
            apiVersion: kustomizations,
            kind: 'Kustomization',
            metadata: { name: folderOf(play), namespace: 'flux-system' },
            spec: {
              interval,
              retryInterval: interval,
              path: `./${folderOf(play)}/flux`,
              prune: true,
              sourceRef: gitSource,
            },
          }) as KubeObject,
      ),
    ];
  }

  /** What the command says about the step of one pair. */
  async diff(root: string, { index }: Play): Promise<Said> {
    const own = join(this.folder, 'pairs', String(index));
    const program = [join(root, 'bin', 'aviary.js'), 'diff', join(own, 'before'), join(own, 'after')];
    const options = ['--format', 'json', '--exit-zero'];
    return JSON.parse(await run(process.execPath, [...program, ...options], { cwd: root })) as Said;
  }

  private filesOf(play: Play, objects: DangerObjects): Files {
    const files: Files = Array.isArray(objects)
      ? { 'flux.yaml': objects as readonly KubeObject[] }
      : (objects as Files);
    const place = folderOf(play);
    const placed = Object.entries(files).map(([path, list]): [string, readonly KubeObject[]] => [
      `${place}/${path.includes('/') ? path : `flux/${path}`}`,
      list.map((object) => this.whole(play, object)),
    ]);
    // A folder from which all is taken away is no folder any more, and Flux says so and deletes nothing.
    const kept = listed(objects)
      .filter(({ kind, spec }) => kind === 'Kustomization' && !(spec as Fields).sourceRef)
      .map(({ spec, metadata }): [string, readonly KubeObject[]] => {
        const path = String((spec as Fields).path).replace(/^\.\//, '');
        return [`${place}/${path}/other.yaml`, [otherObject(play, metadata.name)]];
      });
    return Object.fromEntries([...placed, ...(play.danger === 'kustomization-left-empty' ? [] : kept)]);
  }

  /** An object of a case with what it needs to be applied here. */
  private whole(play: Play, object: KubeObject): KubeObject {
    const place = folderOf(play);
    const text = JSON.stringify(object)
      .replaceAll('"namespace":"shop"', `"namespace":"shop-${play.index}"`)
      .replaceAll('"namespace":"flux-system"', `"namespace":"${place}"`)
      // The definitions that the controllers need stay.
      .replaceAll('flagger.app', groupOf(play));
    const copy = JSON.parse(text) as KubeObject & { spec?: Fields };
    const { spec = {} } = copy;
    const ownSource = [...listed(play.before), ...listed(play.after)].find(({ kind }) => kind === 'GitRepository');
    switch (copy.kind) {
      case 'Kustomization': {
        const path = String(spec.path).replace(/^\.\//, `./${place}/`);
        const sourceRef = ownSource
          ? { kind: 'GitRepository', name: ownSource.metadata.name }
          : spec.sourceRef
            ? elsewhere
            : gitSource;
        return { ...copy, spec: { ...spec, path, sourceRef, interval, retryInterval: interval } } as KubeObject;
      }
      case 'GitRepository':
        return { ...copy, spec: { interval, ...spec, url: this.parts.git.url } } as KubeObject;
      case 'OCIRepository': {
        const url = `oci://${this.parts.registry.address}/${charts}/${copy.metadata.name}`;
        const { digest, ...ref } = spec.ref as { readonly digest?: string };
        const pinned =
          digest === undefined ? ref : { digest: this.digests.get(`${copy.metadata.name}:${pinnedVersion}`) };
        return { ...copy, spec: { interval, ...spec, ref: pinned, url, insecure: true } } as KubeObject;
      }
      case 'HelmRelease': {
        const chart = spec.chart as { readonly spec: Fields };
        const sourceRef = { kind: 'HelmRepository', name: charts, namespace: 'flux-system' };
        return {
          ...copy,
          spec: { ...spec, interval, chart: { spec: { ...chart.spec, sourceRef } }, values: { replicas: 3 } },
        } as KubeObject;
      }
      default:
        return copy;
    }
  }

  private pushChart(name: string, version: string): void {
    // From the second major version of a chart on, the value has another name: what semantic versions allow.
    const isOld = Number.parseInt(version, 10) % 2 === 1;
    const value = isOld ? '.Values.replicas' : '.Values.replicaCount';
    const data = `data:\n  chart: '{{ .Chart.Version }}'\n  pods: '{{ ${value} | default 1 }}'\n`;
    const text = `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: '{{ .Release.Name }}-chart'\n${data}`;
    const chart = templateChart(name, version, { 'config.yaml': text });
    this.digests.set(`${name}:${version}`, this.parts.registry.pushChart(`${charts}/${name}`, version, chart));
  }
}

/** Something that stays in a folder. */
const otherObject = ({ index }: Play, name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: `other-${name}`, namespace: `shop-${index}` },
});

const groupOf = (play: Play): string => `${folderOf(play)}.example.com`;

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function chartsOf({ before, after }: Play): { readonly chart: string; readonly version: string }[] {
  return [...listed(before), ...listed(after)].flatMap(({ kind, metadata, spec }) => {
    const fields = spec as { chart?: { spec: { chart: string; version: string } }; ref?: { tag?: string } } | undefined;
    if (kind === 'HelmRelease') return fields?.chart && isExact(fields.chart.spec.version) ? [fields.chart.spec] : [];
    return kind === 'OCIRepository' ? [{ chart: metadata.name, version: fields?.ref?.tag ?? pinnedVersion }] : [];
  });
}

/** Until every Kustomization that can has met the commit; what is suspended, or fails as it shall, is looked at all the same. */
async function follow(client: KubeClient, commit: string): Promise<void> {
  const at = { 'reconcile.fluxcd.io/requestedAt': new Date().toISOString() };
  await client.merge('source.toolkit.fluxcd.io/v1', 'GitRepository', 'flux-system', 'flux-system', {
    metadata: { annotations: at },
  });
  const open = async (): Promise<string[]> => {
    const [all, releases] = await Promise.all([
      client.list(kustomizations, 'Kustomization'),
      client.list('helm.toolkit.fluxcd.io/v2', 'HelmRelease'),
    ]);
    const late = all.filter(({ spec, status, metadata }) => {
      if (spec.suspend === true || /path not found/.test(String(JSON.stringify(status?.conditions)))) return false;
      // Another source has revisions of its own.
      if (spec.sourceRef.namespace !== 'flux-system' || spec.sourceRef.name !== 'flux-system')
        return status?.observedGeneration !== metadata.generation;
      return !String(status?.lastAttemptedRevision ?? '').includes(commit);
    });
    const installing = releases.filter(
      (one) =>
        conditionOf(one, 'Ready')?.status !== 'True' || one.status?.observedGeneration !== one.metadata.generation,
    );
    return [...late, ...installing].map((one) => `${one.kind} ${one.metadata.namespace}/${one.metadata.name}`);
  };
  await waitFor('every pair to be applied', async () => ((await open()).length === 0 ? true : undefined), {
    timeoutSeconds: 120,
    describe: async () => (await open()).join(', '),
  });
}

/** What is in the cluster and in no repository: objects of the definitions, and a release of the chart that a registry holds. */
async function byHand(client: KubeClient): Promise<void> {
  client.forgetKinds();
  for (const play of plays) {
    const before = listed(play.before);
    if (before.some(({ kind }) => kind === 'CustomResourceDefinition'))
      for (const namespace of [`shop-${play.index}`, folderOf(play)])
        await client.apply(customObject(play, namespace, 'v1beta1'));
    for (const { kind, metadata } of before)
      if (kind === 'OCIRepository')
        await client.apply({
          apiVersion: 'helm.toolkit.fluxcd.io/v2',
          kind: 'HelmRelease',
          metadata: { name: metadata.name, namespace: `shop-${play.index}` },
          spec: { interval, chartRef: { kind, name: metadata.name }, values: { replicas: 3 } },
        } as KubeObject);
  }
  await waitFor(
    'the releases of charts to be Ready',
    async () => {
      const all = await client.list('helm.toolkit.fluxcd.io/v2', 'HelmRelease');
      return all.every((one) => conditionOf(one, 'Ready')?.status === 'True') ? true : undefined;
    },
    { timeoutSeconds: 60 },
  );
}

const customObject = (play: Play, namespace: string, version: string): KubeObject => ({
  apiVersion: `${groupOf(play)}/${version}`,
  kind: 'Canary',
  metadata: { name: 'by-hand', namespace },
});

type Look = (client: KubeClient, play: Play, watch: DeploymentWatch, say: Say) => Promise<string[]>;

/** What a danger says beside the fate of Deployments. */
const looks: Readonly<Record<string, Look>> = {
  'chart-downgraded': async (client, play, _, say) => {
    const { release, text } = await releaseOf(client, play);
    say(`${text}: Helm and Flux take the step without a word`);
    return conditionOf(release, 'Ready')?.status === 'True' ? [] : ['Flux does not take the step'];
  },
  'chart-unpinned': async (client, play, _, say) => {
    const { text } = await releaseOf(client, play);
    const newest = text.replace(/:.*$/, '').split(' then ').at(-1)!;
    const isNamed =
      JSON.stringify(play.after).includes(newest.replace(/\+.*$/, '')) || newest.startsWith(pinnedVersion);
    say(`${text}; a version that Git ${isNamed ? 'names' : 'does not name'}`);
    return isNamed === play.isBad ? ['what is installed is not what diff says'] : [];
  },
  'crd-removed': async (client, play, _, say) => {
    client.forgetKinds();
    const found: string[] = [];
    for (const version of ['v1alpha3', 'v1beta1', 'v1'])
      for (const namespace of [`shop-${play.index}`, folderOf(play)]) {
        const { apiVersion, kind, metadata } = customObject(play, namespace, version);
        const one = await client.get(apiVersion, kind, namespace, metadata.name).catch((error: unknown) => {
          if (error instanceof ApiError) return undefined;
          throw error;
        });
        if (one) found.push(`${version} in ${namespace}`);
      }
    const before = 2 * servedBy(play.before).length;
    say(`its objects, made by hand in two namespaces, are read as ${found.join(', ') || 'nothing: they are gone'}`);
    const isLess = servedBy(play.before).some((version) => !found.some((one) => one.startsWith(`${version} `)));
    return isLess === play.isBad ? [] : [`${before} reads before, ${found.length} after`];
  },
  'chart-major-version': async (client, play, _, say) => {
    const { release, text } = await releaseOf(client, play);
    const pods = (await client.get('v1', 'ConfigMap', `shop-${play.index}`, `${release.metadata.name}-chart`))?.data
      ?.pods;
    say(`${text}; what the value "replicas: 3" says: ${pods}`);
    const isPassedOver = pods === '1' && !/replicas/.test(JSON.stringify(release.status));
    return isPassedOver === play.isBad ? [] : ['the value is not what diff says'];
  },
  'helm-release-made-anew': async (client, play, { committedAt }, say) => {
    const all = await client.list('v1', 'ConfigMap', `shop-${play.index}`);
    const made = all.filter(({ metadata }) => metadata.name.endsWith('-chart')).map(({ metadata }) => metadata);
    const names = made.map(({ name }) => name.replace(/-chart$/, '')).sort();
    const old = listed(play.before).map(({ metadata }) => metadata.name);
    const anew = made.filter(({ creationTimestamp }) => Date.parse(String(creationTimestamp)) > committedAt);
    say(`releases in the cluster now: ${names.join(', ')}; made after the commit: ${anew.length} of ${made.length}`);
    const isAnew = anew.length > 0 && !(old.length > 1);
    return isAnew === play.isBad ? [] : ['it is made anew in another way than diff says'];
  },
  'kustomization-removed': async (client, play, _, say) => {
    if (!JSON.stringify(play.before).includes('gateway-api')) return [];
    const left = await client.get('v1', 'ConfigMap', `shop-${play.index}`, 'other-config');
    say(`what it has applied from elsewhere: ${left ? 'stays' : 'gone'}`);
    return left ? ['what it has applied stays'] : [];
  },
  'mesh-skips-minor': async (client, play, _, say) => {
    const { release, text } = await releaseOf(client, play);
    say(`${text}: Helm and Flux take the step without a word, the chart is a stand-in`);
    return conditionOf(release, 'Ready')?.status === 'True' ? [] : ['Flux does not take the step'];
  },
  'source-moved': async (client, play, _, say) => {
    const source = await client.get('source.toolkit.fluxcd.io/v1', 'GitRepository', folderOf(play), 'flux-system');
    const [own] = await client.list(kustomizations, 'Kustomization', folderOf(play));
    say(`reads ${source?.status?.artifact?.revision ?? 'as before'}; ${conditionOf(own, 'Ready')?.message}`);
    return [];
  },
  'many-rollouts-at-once': async (_client, play, watch, say) => {
    const keys = [...watch.seen.keys()].filter((key) => key.startsWith(`shop-${play.index}/`));
    const times = keys.flatMap((key) => watch.seen.get(key)?.changedAt ?? []);
    const spread = Math.max(...times) - Math.min(...times);
    say(`${times.length} rollouts began within ${spread} ms`);
    return play.isBad && !(times.length >= 6 && spread < 5000) ? ['they did not begin together'] : [];
  },
};

async function ofItsOwn(client: KubeClient, play: Play, watch: DeploymentWatch, say: Say): Promise<string[]> {
  return looks[play.danger]?.(client, play, watch, say) ?? [];
}

const servedBy = (objects: DangerObjects): string[] =>
  listed(objects).flatMap(({ spec }) =>
    ((spec as { versions?: { name: string; served: boolean }[] }).versions ?? [])
      .filter(({ served }) => served)
      .map(({ name }) => name),
  );

async function releaseOf(client: KubeClient, play: Play): Promise<{ release: LiveObject; text: string }> {
  const [release] = await client.list('helm.toolkit.fluxcd.io/v2', 'HelmRelease', `shop-${play.index}`);
  if (!release) throw new Error('there is no HelmRelease');
  const history = ((release.status.history ?? []) as { chartVersion: string }[]).map((one) => one.chartVersion);
  return { release, text: `${history.reverse().join(' then ')}: ${conditionOf(release, 'Ready')?.message}` };
}
