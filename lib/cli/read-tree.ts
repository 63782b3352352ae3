import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Finding } from '../findings';
import { type ClusterObjects, isFields, type WrittenObject } from '../kube';
import type { ManifestFile, ManifestObject } from '../manifests';
import { UsageError } from './exit-code';
import type { Io } from './io';
import type { KnownBuilds } from './known-builds';

/** What the clusters hold, by the files of one folder. */
export interface ReadTree {
  readonly clusters: readonly ClusterObjects[];
  /** What could not be read. */
  readonly findings: readonly Finding[];
  /** The text of a file, as findings name it. */
  source(file: string): string | undefined;
}

/** What is read, or built, once and found again in the other tree. */
export class KnownFiles {
  readonly read = new Map<string, { readonly content: Uint8Array; readonly objects: readonly ManifestObject[] }>();
  readonly built: KnownBuilds = new Map();
}

/**
 * Reads a folder (or one file) of manifests: a tree of ours by its index, any other one by what Flux and kustomize would do.
 * Paths are those below the folder.
 * @param known files of another tree: equal ones are not parsed, and folders of the same files not built, again
 * @throws UsageError there is no such folder
 */
export function readTree(root: string, io: Io, known = new KnownFiles()): ReadTree {
  if (!existsSync(root)) throw new UsageError(`there is no ${root}`);
  const { largestManifestBytes, tooLarge } = require('../manifests') as typeof import('../manifests');
  const { readManifestFiles } = require('./manifest-files') as typeof import('./manifest-files');
  const isFolder = statSync(root).isDirectory();
  const cwd = isFolder ? root : dirname(root);
  const read = readManifestFiles([isFolder ? '.' : basename(root)], {
    cwd,
    largestBytes: largestManifestBytes,
    tooLarge,
  });
  const texts = new Map(read.files.map(({ file, content }) => [file, content]));
  const source = (file: string) => {
    const content = texts.get(file);
    return content && new TextDecoder().decode(content);
  };
  const names = ownClusters(join(root, 'index.json'));
  const sorted = names ? readOwn(read.files, names, known) : readForeign(read.files, { cwd, io, known });
  return { clusters: sorted.clusters, findings: [...read.findings, ...sorted.findings], source };
}

/** The clusters of a tree that this tool wrote; undefined for any other one. */
function ownClusters(index: string): readonly string[] | undefined {
  try {
    const { clusters } = JSON.parse(readFileSync(index, 'utf8')) as { clusters?: unknown };
    if (!isFields(clusters)) return undefined;
    const isOurs = Object.values(clusters).every((one) => isFields(one) && Array.isArray(one.files));
    return isOurs ? Object.keys(clusters) : undefined;
  } catch {
    // No index, or somebody else's.
    return undefined;
  }
}

type Sorted = Pick<ReadTree, 'clusters' | 'findings'>;

function readOwn(files: readonly ManifestFile[], names: readonly string[], known: KnownFiles): Sorted {
  const { readManifests } = require('../manifests') as typeof import('../manifests');
  const findings: Finding[] = [];
  const byCluster = new Map<string, WrittenObject[]>(names.map((name) => [name, []]));
  for (const one of files) {
    const [, cluster = ''] = /(?:^|\/)clusters\/([^/]+)\//.exec(one.file) ?? [];
    const objects = byCluster.get(cluster);
    if (!objects) continue;
    const same = known.read.get(one.file);
    let inputs: readonly ManifestObject[];
    if (same && Buffer.compare(same.content, one.content) === 0) inputs = same.objects;
    else {
      const read = readManifests([one]);
      findings.push(...read.findings);
      inputs = read.inputs;
      known.read.set(one.file, { content: one.content, objects: inputs });
    }
    for (const [document, input] of inputs.entries()) objects.push(written(input, document));
  }
  return { clusters: [...byCluster].map(([cluster, objects]) => ({ cluster, objects })), findings };
}

function readForeign(
  files: readonly ManifestFile[],
  { cwd, io, known }: { readonly cwd: string; readonly io: Io; readonly known: KnownFiles },
): Sorted {
  const { sortByCluster } = require('../manifests') as typeof import('../manifests');
  const { disk, findKustomize } = require('./disk') as typeof import('./disk');
  const { knownBuilds } = require('./known-builds') as typeof import('./known-builds');
  const builder = () => {
    const build = findKustomize(io.env);
    return build && knownBuilds(build, cwd, known.built);
  };
  const surroundings = { cwd, disk, builder };
  // Every cluster, whether it speaks of Flagger or not.
  const sorted = sortByCluster(files, surroundings, { concerned: /^/ });
  return {
    clusters: sorted.clusters
      .filter(({ inputs }) => inputs.length > 0)
      .map(({ name, inputs }) => ({ ...(name === undefined ? {} : { cluster: name }), objects: inputs.map(written) })),
    findings: sorted.findings,
  };
}

function written({ object, file, place, appliedBy }: ManifestObject, document: number): WrittenObject {
  return {
    object,
    origin: {
      file: file ?? place('', object).file ?? '',
      document,
      place: (pointer) => place(pointer, object),
      ...(appliedBy === undefined ? {} : { appliedBy }),
    },
  };
}
