import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, normalize, sep } from 'node:path';
import type { Finding } from '../findings';
import { type ClusterObjects, fieldsAt, isClusterScoped, type KubeObject, textAt, type WrittenObject } from '../kube';
import type { HelmReleaseView } from '../world';
import { errorText, isOnPath } from './disk';
import type { Io } from './io';

/** One of the trees that are compared. */
export interface TreeWithCharts {
  readonly root: string;
  readonly clusters: readonly ClusterObjects[];
}

interface Release {
  readonly view: HelmReleaseView;
  readonly folder: string;
  /** Chart, values and names: what gives the same objects. */
  readonly key: string;
}

type Rendered = { readonly objects: readonly KubeObject[] } | { readonly error: string };

/** Up to so many charts are rendered though they are equal in both trees: they call and are called. */
const MOST_UNCHANGED = 50;
/** A base with more charts is compared by what stands in it. */
const MOST_OF_A_BASE = 200;
const TIMEOUT_MILLISECONDS = 60_000;
/** What names the objects that the answer depends on. */
const KINDS = new Set(['HelmRelease', 'ConfigMap', 'Secret', 'OCIRepository', 'HelmRepository', 'HelmChart']);

/**
 * The two trees with what Helm makes of the charts that lie in them, for each HelmRelease of Flux that reads one from its git
 * repository. A chart that is equal in both, with equal values, is rendered once.
 */
export async function withChartObjects(
  trees: readonly [TreeWithCharts, TreeWithCharts],
  io: Io,
): Promise<{ readonly trees: readonly (readonly ClusterObjects[])[]; readonly findings: readonly Finding[] }> {
  const releases = trees.map(({ root, clusters }) => clusters.map((one) => releasesOf(root, one)));
  const keys = releases.map((clusters) => new Set(clusters.flatMap((some) => some.map(({ key }) => key))));
  const all = new Map(releases.flat(2).map((release) => [release.key, release]));
  const changed = [...all.keys()].filter((key) => !keys.every((of) => of.has(key)));
  const plain = trees.map(({ clusters }) => clusters);
  if (changed.length === 0) return { trees: plain, findings: [] };
  if (!isOnPath('helm', io.env)) return { trees: plain, findings: [noHelm(changed.map((key) => all.get(key)!))] };
  const isMany = all.size - changed.length > MOST_UNCHANGED;
  const rendered = await renderAll(isMany ? changed.map((key) => all.get(key)!) : [...all.values()], io);
  // What Helm refuses of both is no news.
  const findings = changed.flatMap((key) => {
    const one = rendered.get(key)!;
    return 'error' in one ? [refused(all.get(key)!, one.error, keys[1]!.has(key))] : [];
  });
  return {
    trees: plain.map((clusters, tree) =>
      clusters.map((cluster, position) => withObjects(cluster, releases[tree]![position]!, rendered)),
    ),
    findings,
  };
}

/** The tree with what Helm makes of all of its charts; as it is where there is no helm, or where they are too many. */
export async function withAllChartObjects(
  { root, clusters }: TreeWithCharts,
  io: Io,
): Promise<readonly ClusterObjects[]> {
  const releases = clusters.map((one) => releasesOf(root, one));
  const all = new Map(releases.flat().map((release) => [release.key, release]));
  if (all.size === 0 || all.size > MOST_OF_A_BASE || !isOnPath('helm', io.env)) return clusters;
  const rendered = await renderAll([...all.values()], io);
  return clusters.map((cluster, position) => withObjects(cluster, releases[position]!, rendered));
}

function withObjects(
  cluster: ClusterObjects,
  releases: readonly Release[],
  rendered: ReadonlyMap<string, Rendered>,
): ClusterObjects {
  return { ...cluster, objects: [...cluster.objects, ...releases.flatMap((one) => objectsOf(one, rendered))] };
}

/** The HelmReleases of a cluster whose chart is a folder of the tree. */
function releasesOf(root: string, { objects }: ClusterObjects): Release[] {
  const isLocal = ({ object }: WrittenObject): boolean =>
    object.kind === 'HelmRelease' && /^(GitRepository|Bucket)?$/.test(sourceKind(object));
  if (!objects.some(isLocal)) return [];
  const { buildWorld, worldInputs } = require('../world') as typeof import('../world');
  const own = ownSources(objects);
  const world = buildWorld(worldInputs({ objects: objects.filter(({ object }) => KINDS.has(object.kind)) }));
  const digests = new Map<string, string>();
  return world.helmReleases().flatMap((view): Release[] => {
    const { object } = view.entry;
    const chart = textAt(object, 'spec', 'chart', 'spec', 'chart') ?? textAt(object, 'spec', 'chart', 'path');
    if (chart === undefined || !isLocal({ object } as WrittenObject) || !isOwn(object, own)) return [];
    const folder = chartFolder(root, chart);
    if (folder === undefined) return [];
    const known = digests.get(folder) ?? digestOf(folder);
    digests.set(folder, known);
    const key = [known, view.releaseName, view.targetNamespace, JSON.stringify(view.values)].join('\0');
    return [{ view, folder, key }];
  });
}

/** The repositories of which Flux applies folders, this one among them; none where nothing tells. */
function ownSources(objects: readonly WrittenObject[]): ReadonlySet<string> {
  return new Set(
    objects.flatMap(({ object }) =>
      object.kind === 'Kustomization' && object.apiVersion.startsWith('kustomize.toolkit.fluxcd.io/')
        ? [sourceKey(fieldsAt(object, 'spec', 'sourceRef'), object)]
        : [],
    ),
  );
}

/** A folder of that name may be here, and the chart in a repository of somebody else. */
function isOwn(object: KubeObject, own: ReadonlySet<string>): boolean {
  const source = fieldsAt(object, 'spec', 'chart', 'spec', 'sourceRef');
  return own.size === 0 || textAt(source, 'name') === undefined || own.has(sourceKey(source, object));
}

const sourceKey = (source: unknown, { metadata }: KubeObject): string =>
  `${textAt(source, 'kind')} ${textAt(source, 'namespace') ?? metadata.namespace}/${textAt(source, 'name')}`;

const sourceKind = (object: KubeObject): string => textAt(object, 'spec', 'chart', 'spec', 'sourceRef', 'kind') ?? '';

/** The tree may be a folder of the repository in which Flux looks: its first parts are left out one by one. */
function chartFolder(root: string, chart: string): string | undefined {
  const parts = normalize(chart).split(sep);
  if (parts.includes('..')) return undefined;
  for (let skipped = 0; skipped < parts.length; skipped++) {
    const folder = join(root, ...parts.slice(skipped));
    if (existsSync(join(folder, 'Chart.yaml'))) return folder;
  }
  return undefined;
}

function digestOf(folder: string): string {
  const hash = createHash('sha256');
  const visit = (path: string): void => {
    for (const name of readdirSync(join(folder, path)).sort()) {
      const below = join(path, name);
      if (statSync(join(folder, below)).isDirectory()) visit(below);
      else
        hash
          .update(`${below}\0`)
          .update(readFileSync(join(folder, below)))
          .update('\0');
    }
  };
  visit('');
  return hash.digest('hex');
}

async function renderAll(releases: readonly Release[], io: Io): Promise<Map<string, Rendered>> {
  const found = new Map<string, Rendered>();
  const open = [...releases];
  const work = async (): Promise<void> => {
    for (let next = open.shift(); next; next = open.shift()) found.set(next.key, await render(next, io));
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return found;
}

function render({ view, folder }: Release, io: Io): Promise<Rendered> {
  const args = ['template', view.releaseName, folder, '--namespace', view.targetNamespace];
  const child = spawn('helm', [...args, '--include-crds', '--skip-tests', '--values', '-'], {
    cwd: io.cwd,
    env: { PATH: io.env.PATH, HOME: io.env.HOME, TMPDIR: io.env.TMPDIR },
    timeout: TIMEOUT_MILLISECONDS,
  });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  // It may end before it has read all: then it says why.
  child.stdin.on('error', () => undefined);
  child.stdin.end(JSON.stringify(view.values));
  return new Promise((done) => {
    child.on('error', (error) => done({ error: error.message }));
    child.on('close', (code) => {
      if (code !== 0) {
        const said = errorText('helm', { stderr: Buffer.concat(err).toString('utf8') });
        return done({ error: said.replace(/ ?Use --debug flag .*$/, '') });
      }
      const { readManifests } = require('../manifests') as typeof import('../manifests');
      const { inputs, findings } = readManifests([{ file: folder, content: Buffer.concat(out) }]);
      const [broken] = findings.filter(({ severity }) => severity === 'error');
      done(broken ? { error: broken.message } : { objects: inputs.map(({ object }) => object) });
    });
  });
}

/** As helm-controller installs them: in the namespace of the release, with its labels. */
function objectsOf({ view, key }: Release, rendered: ReadonlyMap<string, Rendered>): WrittenObject[] {
  const found = rendered.get(key);
  if (!found || 'error' in found) return [];
  const { entry } = view;
  const place = entry.place();
  const appliedBy = { kind: 'HelmRelease', namespace: entry.namespace, name: entry.name };
  return found.objects.map((object, document) => ({
    object: installed(object, view),
    origin: { file: entry.file, document, place: () => place, appliedBy },
  }));
}

/** @see fluxcd/helm-controller v1.6 internal/postrender/origin_labels.go */
function installed(object: KubeObject, { entry, targetNamespace }: HelmReleaseView): KubeObject {
  const { metadata } = object;
  const isWithout = metadata.namespace !== undefined || isClusterScoped(object.kind);
  const origin = { 'helm.toolkit.fluxcd.io/name': entry.name, 'helm.toolkit.fluxcd.io/namespace': entry.namespace };
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(isWithout ? {} : { namespace: targetNamespace }),
      labels: { ...metadata.labels, ...origin },
    },
  };
}

function noHelm(releases: readonly Release[]): Finding {
  const names = releases.map(({ view }) => view.name);
  const shown = [...new Set(names)].sort();
  return {
    code: 'charts-not-rendered',
    severity: 'warning',
    place: releases[0]!.view.entry.place(),
    message: `${shown.length === 1 ? 'a HelmRelease changes' : `${shown.length} HelmReleases change`} whose chart is here, and what Helm makes of it is not compared: ${shown.slice(0, 5).join(', ')}${shown.length > 5 ? ` and ${shown.length - 5} more` : ''}`,
    cause: 'there is no helm on the PATH',
    fix: 'install helm where aviary diff runs, and compare again',
  };
}

function refused({ view }: Release, error: string, isAfter: boolean): Finding {
  const common = { code: 'chart-not-rendered', place: view.entry.place() };
  if (!isAfter)
    return {
      ...common,
      severity: 'warning',
      message: `before the change Helm made nothing of the chart of HelmRelease "${view.name}": ${error}`,
      cause: 'what was installed by an earlier state is not known: its objects look new here',
      fix: 'compare with a state that Helm takes, to see what the change does to them',
    };
  return {
    ...common,
    severity: 'error',
    message: `Helm makes nothing of the chart of HelmRelease "${view.name}": ${error}`,
    cause: 'helm-controller will get the same answer, so nothing is installed or upgraded',
    fix: 'mend the chart or the values until helm template takes them',
  };
}
