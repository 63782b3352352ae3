import { createHash } from 'node:crypto';
import { blobId, type Change, type Listing } from './gitops-repository';
import { changedFiles } from './meaning';
import { PublishProblem } from './problem';
import {
  type ClusterEntry,
  INDEX_FILE,
  isInnerPath,
  type PublishedIndex,
  parseIndex,
  printIndex,
} from './published-index';

/** The file with the images that run, beside the index. */
export const LOCK_FILE = 'images.lock.json';

/** A tree as a synth gives it. */
export interface MadeTree {
  /** Text by path below the tree, with its index.json. */
  readonly files: ReadonlyMap<string, string>;
  /** What images.lock.json shall hold; absent where the tree was made without one of the repository. */
  readonly lock?: string;
}

/** The published folder as it stands. */
export interface Base {
  readonly path: string;
  readonly listing: Listing;
  readonly index?: PublishedIndex;
  readonly lock?: string;
  /** Content of blobs. */
  read(oids: readonly string[]): Promise<ReadonlyMap<string, Buffer>>;
}

/** What a commit shall hold. */
export interface PlanOptions {
  /** @default all */
  readonly clusters?: readonly string[];
  /** Of the application. */
  readonly source?: string;
  /** Replaces files that are there and in no index. */
  readonly takeOver: boolean;
}

/** What a commit changes in a cluster. */
export interface ClusterChange {
  readonly cluster: string;
  /** Services whose objects change, come or go. */
  readonly services: readonly string[];
  /** Paths below the tree of other files whose objects change. */
  readonly others: readonly string[];
}

/** A commit before it is made. */
export interface PlannedCommit {
  readonly change: Change;
  /** Clusters whose objects change, sorted. */
  readonly clusters: readonly ClusterChange[];
  /** Images change, and nothing that runs. */
  readonly isLockOnly: boolean;
  /** Of what is written: paths at which nothing is yet. */
  readonly added: readonly string[];
  /** Digest of each selected cluster's files. */
  readonly digests: Readonly<Record<string, string>>;
}

/**
 * What has to be written and removed so that the repository holds the tree, of the selected clusters. Nothing when no object differs.
 * @throws PublishProblem foreign-files, index-not-ours, index-damaged, path-taken, unknown-cluster
 */
export async function planCommit(base: Base, made: MadeTree, options: PlanOptions): Promise<PlannedCommit> {
  const ours = parseIndex(made.files.get(INDEX_FILE) ?? '', INDEX_FILE);
  const there = base.index ?? { clusters: {} };
  refuseOtherOwner(there, options);
  const selected = selectedClusters(ours, there, options.clusters);
  const kept = Object.entries(there.clusters).filter(([name]) => !selected.has(name));
  const index: PublishedIndex = {
    clusters: Object.fromEntries([...kept, ...Object.entries(ours.clusters).filter(([name]) => selected.has(name))]),
    ...(ours.files && { files: ours.files }),
    ...(options.source === undefined
      ? there.source === undefined
        ? {}
        : { source: there.source }
      : { source: options.source }),
  };
  const at = (path: string): string => (base.path === '' ? path : `${base.path}/${path}`);
  const owned = new Set(
    [...Object.values(there.clusters).flatMap(({ files }) => files), ...(there.files ?? [])].map(at),
  );
  const target = new Map<string, string>();
  const digests: Record<string, string> = {};
  for (const name of [...selected].sort()) {
    const files = filesOf(ours.clusters[name], made);
    digests[name] = digestOf(files);
    for (const [path, text] of files) target.set(at(path), text);
  }
  const shared = filesOf({ files: ours.files ?? [], releases: {} }, made);
  for (const [path, text] of shared) target.set(at(path), text);
  const stays = new Set([...target.keys(), ...kept.flatMap(([, { files }]) => files.map(at))]);
  const gone = [...[...selected].flatMap((name) => there.clusters[name]?.files ?? []), ...(there.files ?? [])]
    .map(at)
    .filter((path) => !stays.has(path) && base.listing.has(path));
  refuseForeign(base, target, owned, options.takeOver);

  const sample = [...base.listing.values()][0]?.oid;
  const differs = [...target].filter(([path, text]) => base.listing.get(path)?.oid !== blobId(text, sample));
  const charts = new Set([...shared.map(([path]) => at(path)), ...(there.files ?? []).map(at)]);
  const moved = [...differs.map(([path]) => path), ...gone].find((path) => charts.has(path) && base.listing.has(path));
  if (moved !== undefined && kept.length > 0) throw sharedChart(moved, kept[0]![0]);
  const before = new Map<string, string>();
  const oids = [...differs.map(([path]) => path), ...gone].flatMap((path) => {
    const entry = base.listing.get(path);
    return entry ? [[path, entry.oid] as const] : [];
  });
  const contents = await base.read(oids.map(([, oid]) => oid));
  for (const [path, oid] of oids) before.set(path, contents.get(oid)!.toString('utf8'));
  const meant = changedFiles(before, new Map(differs));
  const isLockChanged = made.lock !== undefined && !isSameJson(made.lock, base.lock);
  const clusters = describe([...selected].sort(), ours, there, new Set(meant), at);
  if (clusters.length === 0 && !isLockChanged)
    return { change: { write: new Map(), remove: [] }, clusters: [], isLockOnly: false, added: [], digests };
  const write = new Map(differs);
  const indexText = printIndex(index);
  if (base.listing.get(at(INDEX_FILE))?.oid !== blobId(indexText, sample)) write.set(at(INDEX_FILE), indexText);
  if (isLockChanged) write.set(at(LOCK_FILE), made.lock!);
  const added = [...write.keys()].filter((path) => !base.listing.has(path)).sort();
  return { change: { write, remove: gone.sort() }, clusters, isLockOnly: clusters.length === 0, added, digests };
}

function sharedChart(file: string, cluster: string): PublishProblem {
  return new PublishProblem('shared-chart', `${file} belongs to a chart that cluster "${cluster}" has too`, {
    file,
    cause: `Flux would upgrade "${cluster}" with the new chart and its old values`,
    fix: 'publish all clusters at once, or push the charts to a registry (platform.charts), where each version stays (docs/helm.md)',
  });
}

function refuseOtherOwner(there: PublishedIndex, { source, takeOver }: PlanOptions): void {
  if (there.source === undefined || source === undefined || takeOver) return;
  if (sameRepository(there.source, source)) return;
  throw new PublishProblem('path-taken', `the folder belongs to the application of ${there.source}`, {
    cause: `this is ${source}; both would delete the other's services`,
    fix: 'publish to a folder of its own with --path; when the repository of the application has moved, say --take-over once',
  });
}

/** `git@host:group/app.git` and `https://host/group/app` are one. */
export function sameRepository(one: string, other: string): boolean {
  const plain = (address: string): string =>
    address
      .replace(/^[a-z+]+:\/\//i, '')
      .replace(/^[^/@]*@/, '')
      .replace(/:(?:\d+\/)?/, '/')
      .replace(/(?:\.git)?\/*$/, '')
      .replace(/\/{2,}/g, '/')
      .toLowerCase();
  return plain(one) === plain(other);
}

function selectedClusters(
  ours: PublishedIndex,
  there: PublishedIndex,
  asked: readonly string[] | undefined,
): Set<string> {
  if (asked === undefined) return new Set([...Object.keys(ours.clusters), ...Object.keys(there.clusters)]);
  for (const name of asked)
    if (!Object.hasOwn(ours.clusters, name) && !Object.hasOwn(there.clusters, name))
      throw new PublishProblem('unknown-cluster', `there is no cluster "${name}" in the tree`, {
        fix: `name one of ${Object.keys(ours.clusters).sort().join(', ')} with --cluster`,
      });
  return new Set(asked);
}

function filesOf(entry: ClusterEntry | undefined, { files }: MadeTree): [string, string][] {
  return (entry?.files ?? []).map((path) => {
    const text = files.get(path);
    if (text === undefined)
      throw new PublishProblem('index-damaged', `the tree has no ${path}, which its index.json lists`, {
        file: path,
        fix: 'synthesize again',
      });
    return [path, text];
  });
}

function digestOf(files: readonly (readonly [string, string])[]): string {
  const hash = createHash('sha256');
  for (const [path, text] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(`${path}\0${text}\0`);
  return `sha256:${hash.digest('hex')}`;
}

function refuseForeign(
  { listing }: Base,
  target: ReadonlyMap<string, string>,
  owned: ReadonlySet<string>,
  takeOver: boolean,
): void {
  const foreign = new Set<string>();
  for (const [path, text] of target) {
    for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
      const entry = listing.get(path.slice(0, end));
      if (entry?.mode === '120000' || entry?.mode === '160000')
        throw new PublishProblem(
          'path-through-link',
          `${path.slice(0, end)} in the repository is ${entry.mode === '120000' ? 'a symbolic link' : 'a submodule'}: what is written below it would be elsewhere`,
          { fix: 'remove it from the repository, or publish to another folder with --path' },
        );
      if (entry && !owned.has(path.slice(0, end))) foreign.add(path.slice(0, end));
    }
    const entry = listing.get(path);
    if (entry && !owned.has(path) && entry.oid !== blobId(text, entry.oid)) foreign.add(path);
  }
  if (foreign.size === 0 || takeOver) return;
  const names = [...foreign].sort();
  const shown = `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`;
  throw new PublishProblem(
    'foreign-files',
    `${names.length === 1 ? 'a file' : `${names.length} files`} of somebody else ${names.length === 1 ? 'stands' : 'stand'} where the tree goes: ${shown}`,
    {
      cause: 'no index.json in the repository names them, so no publication wrote them',
      fix: 'publish to another folder with --path, or look at them and say --take-over once to replace them',
    },
  );
}

function describe(
  selected: readonly string[],
  ours: PublishedIndex,
  there: PublishedIndex,
  meant: ReadonlySet<string>,
  at: (path: string) => string,
): ClusterChange[] {
  return selected.flatMap((cluster): ClusterChange[] => {
    const [now, before] = [ours.clusters[cluster], there.clusters[cluster]];
    const releases = { ...before?.releases, ...now?.releases };
    const files = [...new Set([...(now?.files ?? []), ...(before?.files ?? [])])].filter((path) => meant.has(at(path)));
    const services = new Set(
      Object.keys(releases).filter((name) => before?.releases[name] !== now?.releases[name] && files.length > 0),
    );
    const others: string[] = [];
    for (const path of files) {
      const name = path.slice(path.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '');
      if (Object.hasOwn(releases, name)) services.add(name);
      else others.push(path);
    }
    return files.length === 0 ? [] : [{ cluster, services: [...services].sort(), others: others.sort() }];
  });
}

function isSameJson(one: string, other: string | undefined): boolean {
  if (other === undefined) return one.trim() === '';
  try {
    return JSON.stringify(JSON.parse(one)) === JSON.stringify(JSON.parse(other));
  } catch {
    return one === other;
  }
}

/** @throws PublishProblem path-invalid */
export function normalPath(path: string): string {
  const plain = path
    .replace(/^(?:\.?\/+)+/, '')
    .replace(/(?:\/+\.?)+$/, '')
    .replace(/\/{2,}/g, '/');
  if (path.startsWith('/') || (plain !== '' && plain !== '.' && !isInnerPath(plain)))
    throw new PublishProblem(
      'path-invalid',
      `--path ${JSON.stringify(path)} is not a folder below the repository's root`,
      {
        fix: 'name a folder such as apps/shop, without "..", from the root of the repository',
      },
    );
  return plain === '.' ? '' : plain;
}
