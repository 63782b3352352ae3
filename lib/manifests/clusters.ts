import { isDeepStrictEqual } from 'node:util';
import type { Finding } from '../findings';
import type { Surroundings } from './disk';
import { fluxClusters } from './flux-clusters';
import type { Kustomizations, KustomizeRoot } from './kustomize';
import type { ManifestObject } from './manifest-object';
import { isWithin, ManifestTree } from './manifest-tree';
import { environmentsAmong, identityOf } from './overlays';
import type { ManifestFile } from './read-manifests';

/** What one cluster holds, as far as the files tell. */
export interface ClusterManifests {
  /** Undefined where the files are those of one cluster, and for what no cluster applies. */
  readonly name?: string;
  /** Those that carry another cluster's name are there for the others' sake: their own cluster is checked with them. */
  readonly inputs: readonly ManifestObject[];
  /** Objects that are there too, as the facts name them, without being known. */
  readonly exists?: readonly string[];
}

export interface SortedManifests {
  readonly clusters: readonly ClusterManifests[];
  /** What could not be read. */
  readonly findings: readonly Finding[];
}

/** The part of the files that goes into one world. */
interface Share {
  readonly files: ReadonlySet<string>;
  readonly roots: ReadonlySet<KustomizeRoot>;
}

/**
 * The files by cluster. Where Flux applies folders to two clusters or more, each gets what its Kustomizations lead to, what
 * else lies in its own folder, and the overlays of its name; what is left stays together. Otherwise all is one cluster,
 * unless kustomizations are overlays of the same objects: then each environment gets its overlays, with all that is common.
 */
export function sortByCluster(
  files: readonly ManifestFile[],
  kustomizations: Kustomizations,
  surroundings: Surroundings,
): SortedManifests {
  const tree = new ManifestTree(files, surroundings);
  const clusters = fluxClusters(tree, kustomizations);
  const applied = new Set(clusters.flatMap(({ roots }) => [...roots]));
  const roots = kustomizations.roots().filter((root) => !applied.has(root));
  const every = [...applied, ...roots];
  const known = new Set([...clusters, ...every].flatMap((one) => [...one.files]));
  const loose = tree.paths.filter((path) => !known.has(path));
  const isLeft = (path: string) => !clusters.some(({ start }) => isWithin(path, start));
  const environments = environmentsAmong(
    roots.filter(({ folder }) => isLeft(folder)),
    every,
    tree,
  );

  const worlds = new Map<string | undefined, Share>();
  for (const { name, start, ...own } of clusters)
    worlds.set(name, {
      files: new Set([...own.files, ...loose.filter((path) => isWithin(path, start))]),
      roots: new Set([
        ...own.roots,
        ...roots.filter(({ folder }) => isWithin(folder, start)),
        ...(environments.get(name) ?? []),
      ]),
    });
  const inEnvironments = new Set([...environments.values()].flat());
  const rest: Share = {
    files: new Set(loose.filter(isLeft)),
    roots: new Set(roots.filter((root) => isLeft(root.folder) && !inEnvironments.has(root))),
  };
  const others = [...environments].filter(([name]) => !worlds.has(name));
  for (const [name, own] of others) worlds.set(name, { files: rest.files, roots: new Set([...rest.roots, ...own]) });
  if (others.length === 0) worlds.set(undefined, rest);

  const read = new Set([...worlds.values()].flatMap((share) => filesOf(share, tree)));
  const sorted = [...worlds].map(([name, share]) => manifestsOf(name, share, tree));
  const applying = sorted.slice(0, clusters.length);
  return {
    clusters: [
      ...applying,
      ...sorted
        .slice(clusters.length)
        .filter(({ inputs }) => clusters.length === 0 || inputs.length > 0)
        .map((one) => withShared(one, applying)),
    ],
    findings: tree.paths.filter((path) => read.has(path)).flatMap((path) => tree.findings(path)),
  };
}

/** The files that are read as they are, in the order in which they were named. */
function filesOf({ files, roots }: Share, tree: ManifestTree): string[] {
  const unbuilt = new Set([...roots].filter(({ built }) => !built).flatMap((root) => [...root.files]));
  return tree.paths.filter((path) => files.has(path) || unbuilt.has(path));
}

function manifestsOf(name: string | undefined, share: Share, tree: ManifestTree): ClusterManifests {
  const inputs = [
    ...filesOf(share, tree).flatMap((path) => tree.inputs(path)),
    ...[...share.roots].flatMap(({ built }) => built ?? []),
  ];
  return name === undefined ? { inputs } : { name, inputs: inputs.map((input) => ({ ...input, cluster: name })) };
}

/** With the objects that every cluster has: where they differ, it is known only that they exist. */
function withShared(one: ClusterManifests, clusters: readonly ClusterManifests[]): ClusterManifests {
  const [first, ...others] = clusters.map(
    ({ inputs }) => new Map(inputs.map((input) => [identityOf(input.object), input])),
  );
  if (!first) return one;
  const inputs = [...one.inputs];
  const exists: string[] = [];
  for (const [identity, input] of first) {
    const again = others.map((objects) => objects.get(identity)?.object);
    if (again.includes(undefined)) continue;
    if (again.every((object) => isDeepStrictEqual(object, input.object))) inputs.push(input);
    else {
      const { kind, metadata } = input.object;
      const { namespace, name } = metadata;
      exists.push(`${kind} ${namespace ? `${namespace}/` : ''}${name}`);
    }
  }
  return { ...one, inputs, exists };
}
