import { dirname, join } from 'node:path';
import { apiGroup, at, fieldsAt, type KubeObject, listAt, textAt } from '../kube';
import type { Kustomizations, KustomizeRoot } from './kustomize';
import type { ManifestObject } from './manifest-object';
import { isWithin, type ManifestTree } from './manifest-tree';
import { namesOf } from './overlays';

/** What Flux applies to one cluster. */
export interface FluxCluster {
  readonly name: string;
  /** The folder at which it begins: absolute, without links, as all paths here. */
  readonly start: string;
  /** Files that are no part of a kustomization. */
  readonly files: ReadonlySet<string>;
  readonly roots: ReadonlySet<KustomizeRoot>;
}

/** What Flux gets to from the folder of a cluster. */
interface Reached {
  readonly start: string;
  readonly files: Set<string>;
  readonly roots: Set<KustomizeRoot>;
  /** Folders that Kustomizations name, and those that kustomizations there take in. */
  readonly folders: Set<string>;
}

/** An object of Flux, and the folder of the file or kustomization that it comes from. */
interface Located {
  readonly object: KubeObject;
  readonly folder: string;
}

const groups = ['kustomize.toolkit.fluxcd.io', 'fluxcd.controlplane.io'];

/** Whether the text can hold a Kustomization or a FluxInstance. */
export function mentionsFlux(content: Uint8Array | undefined): boolean {
  return (
    content !== undefined &&
    groups.some((group) => Buffer.from(content.buffer, content.byteOffset, content.byteLength).includes(group))
  );
}

/**
 * The clusters to which Flux applies folders of the tree, where there are two or more. A cluster begins at the folder that
 * Flux synchronizes (a Kustomization beside its source that applies its own file, as `flux bootstrap` writes it, or
 * `spec.sync` of a FluxInstance), or at `clusters/<name>` where Kustomizations lie. It holds that folder and what the paths of
 * its Kustomizations lead to. A folder that another cluster leads to is a part of that one.
 */
export function fluxClusters(tree: ManifestTree, kustomizations: Kustomizations): readonly FluxCluster[] {
  const starts = startsIn(tree);
  if (starts.length < 2) return [];
  const all = starts.map((start) => reachFrom(start, tree, kustomizations));
  const leadsTo = (from: Reached, to: Reached) => from !== to && from.folders.has(to.start);
  const clusters = all.filter(
    (one, index) => !all.some((other, position) => leadsTo(other, one) && (!leadsTo(one, other) || position < index)),
  );
  if (clusters.length < 2) return [];
  const names = namesOf(clusters.map(({ start }) => start));
  return clusters.map(({ start, files, roots }, index) => ({ name: names[index]!, start, files, roots }));
}

/** Where clusters begin: none of these folders lies in another one. */
function startsIn(tree: ManifestTree): string[] {
  const found = new Set<string>();
  for (const path of tree.paths) {
    if (!mentionsFlux(tree.content(path))) continue;
    const folder = dirname(path);
    const inputs = tree.inputs(path);
    for (const { object } of inputs) {
      if (isFluxInstance(object))
        for (const start of foldersAt(textAt(object, 'spec', 'sync', 'path') ?? '', folder, tree)) found.add(start);
      if (!isFluxKustomization(object)) continue;
      const own = clusterFolder(folder, tree);
      if (own) found.add(own);
      if (!hasSource(object, inputs)) continue;
      for (const start of foldersAt(textAt(object, 'spec', 'path') ?? '', folder, tree))
        if (isWithin(folder, start)) found.add(start);
    }
  }
  return [...found].sort().filter((one, _, all) => !all.some((other) => other !== one && isWithin(one, other)));
}

/** `…/clusters/<name>`, of the folders that hold the file. */
function clusterFolder(folder: string, tree: ManifestTree): string | undefined {
  for (let one = folder; isWithin(dirname(one), tree.base) && one !== dirname(one); one = dirname(one))
    if (/[/\\]clusters$/.test(dirname(one))) return one;
  return undefined;
}

/** Whether the source that the Kustomization names stands beside it. */
function hasSource(object: KubeObject, inputs: readonly ManifestObject[]): boolean {
  const source = fieldsAt(object, 'spec', 'sourceRef');
  return inputs.some(
    (input) => input.object.kind === source.kind && input.object.metadata.name === textAt(source, 'name'),
  );
}

function reachFrom(start: string, tree: ManifestTree, kustomizations: Kustomizations): Reached {
  const reached: Reached = { start, files: new Set(), roots: new Set(), folders: new Set() };
  const objects: Located[] = [];
  const named = new Set<string>();
  const waiting = [start];
  while (waiting.length > 0) {
    for (const folder of waiting.splice(0)) {
      if (named.has(folder)) continue;
      named.add(folder);
      objects.push(...applyFolder(folder, reached, tree, kustomizations));
    }
    // An ArtifactGenerator can come after the Kustomization that needs it: all are asked again.
    const generators = objects.filter(({ object }) => object.kind === 'ArtifactGenerator');
    for (const located of objects.filter(({ object }) => isFluxKustomization(object)))
      for (const path of pathsOf(located.object, generators))
        waiting.push(...foldersAt(path, located.folder, tree).filter((folder) => !named.has(folder)));
  }
  return reached;
}

/**
 * What Flux applies of a folder: its kustomization; without one every manifest below, where a folder with a kustomization
 * counts as that.
 * @see fluxcd/pkg kustomize v1.39 kustomize_generator.go (scanManifests)
 */
function applyFolder(folder: string, reached: Reached, tree: ManifestTree, kustomizations: Kustomizations): Located[] {
  reached.folders.add(folder);
  const all = new Set(kustomizations.folders());
  /** The outermost folder with a kustomization that holds the path, from `folder` on. */
  const holder = (path: string): string | undefined => {
    let found: string | undefined;
    for (let one = path; isWithin(one, folder); one = dirname(one)) if (all.has(one)) found = one;
    return found;
  };
  const taken = all.has(folder) ? [folder] : [...all].filter((one) => holder(one) === one);
  const found: Located[] = [];
  const look = (inputs: readonly ManifestObject[], at: string) => {
    for (const { object } of inputs) if (isOfFlux(object)) found.push({ object, folder: at });
  };
  for (const one of taken) {
    const root = kustomizations.at(one);
    if (!root || reached.roots.has(root)) continue;
    reached.roots.add(root);
    for (const part of root.folders) reached.folders.add(part);
    if (root.built) look(root.built, root.folder);
    else for (const path of root.files) look(tree.inputs(path), dirname(path));
  }
  for (const path of tree.paths) {
    if (reached.files.has(path) || !isWithin(path, folder) || holder(path) !== undefined) continue;
    reached.files.add(path);
    look(tree.inputs(path), dirname(path));
  }
  return found;
}

/** The paths that the Kustomization applies, from the root of the repository; those in an artifact that Flux puts together, at their origin. */
function pathsOf(kustomization: KubeObject, generators: readonly Located[]): string[] {
  const path = partsOf(textAt(kustomization, 'spec', 'path') ?? '');
  if (textAt(kustomization, 'spec', 'sourceRef', 'kind') !== 'ExternalArtifact') return [path];
  const name = textAt(kustomization, 'spec', 'sourceRef', 'name');
  const copies = generators
    .flatMap(({ object }) => listAt(object, 'spec', 'artifacts'))
    .filter((artifact) => textAt(artifact, 'name') === name)
    .flatMap((artifact) => listAt(artifact, 'copy'));
  return copies.flatMap((copy) => {
    const { from, to } = foldersOf(textAt(copy, 'from') ?? '', textAt(copy, 'to') ?? '');
    if (isBelow(path, to)) return [partsOf(`${from}/${path.slice(to.length)}`)];
    return isBelow(to, path) ? [from] : [];
  });
}

const isBelow = (path: string, folder: string) => folder === '' || path === folder || path.startsWith(`${folder}/`);

/**
 * The folder that is copied, and what it becomes: `@repo/apps/**` gives what lies in it, `@repo/apps/` the folder itself.
 * @see fluxcd/source-watcher v2.2 docs/spec/v1beta1/artifactgenerators.md (Copy Operations)
 */
function foldersOf(from: string, to: string): { readonly from: string; readonly to: string } {
  const [source, target] = [from, to].map((text) => text.replace(/^@[^/]*/, ''));
  const folder = partsOf(source!.replace(/[^/]*[*?[{].*$/, ''));
  const isWhole = partsOf(source!) === folder;
  return { from: folder, to: partsOf(isWhole ? `${target}/${folder.split('/').at(-1)}` : target!) };
}

/** A path without `.` and without slashes at its ends. */
function partsOf(path: string): string {
  return path
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .join('/');
}

/** The folder of the tree at a path that starts at the root of the repository, which is some folder around `from`: the outermost one that fits. */
function foldersAt(path: string, from: string, tree: ManifestTree): string[] {
  const parts = partsOf(path);
  // The whole of a source: mostly one of somebody else, and where it is this one there is one cluster.
  if (parts === '') return [];
  const around = [from];
  while (dirname(around[0]!) !== around[0]) around.unshift(dirname(around[0]!));
  for (const root of around) {
    const folder = tree.realPath(join(root, parts));
    if (folder !== undefined && tree.holdsFolder(folder)) return [folder];
  }
  return [];
}

function isOfFlux(object: KubeObject): boolean {
  return isFluxKustomization(object) || object.kind === 'ArtifactGenerator';
}

function isFluxKustomization(object: KubeObject): boolean {
  return object.kind === 'Kustomization' && apiGroup(object.apiVersion) === 'kustomize.toolkit.fluxcd.io';
}

function isFluxInstance(object: KubeObject): boolean {
  return object.kind === 'FluxInstance' && at(object, 'spec', 'sync') !== undefined;
}
