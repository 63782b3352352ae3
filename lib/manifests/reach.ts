import { basename, dirname, relative, sep } from 'node:path';
import { isClusterScoped, type KubeObject, textAt } from '../kube';
import {
  argoSources,
  type Change,
  changeOf,
  isArgoApplication,
  isFluxInstance,
  isFluxKustomization,
  leadsOn,
  pathsOf,
  repositoryOf,
  sourceOf,
  substitutesOf,
} from './flux-objects';
import type { Kustomizations, KustomizeRoot } from './kustomize';
import type { Applier, ManifestObject } from './manifest-object';
import { foldersAround, foldersAt, isWithin, type ManifestTree, plainPath } from './manifest-tree';
import { type Substitutes, substituted } from './substitute';

/** Objects of one kustomization, or of files as they are, with what is done to them on the way to the cluster. */
export interface Share {
  readonly root?: KustomizeRoot;
  readonly paths: readonly string[];
  readonly appliedBy?: Applier | null;
  readonly substitutes?: Substitutes;
  /** Patches, images and the like of the Kustomization of Flux itself. */
  readonly change?: Change;
  /** The folder that is applied, for a change: components are found from there. */
  readonly changedFolder?: string;
  /** Whether the change is made to this share alone: a patch may be meant for another one. */
  readonly isWhole?: boolean;
  /** For every object that has a namespace. */
  readonly targetNamespace?: string;
  /** For objects that name none. */
  readonly defaultNamespace?: string;
}

/** What Flux or Argo CD gets to from some folder. */
export interface Reached {
  readonly start: string;
  readonly shares: readonly Share[];
  readonly files: ReadonlySet<string>;
  /** Folders that were named, and those that kustomizations there take in. */
  readonly folders: ReadonlySet<string>;
  /** Kustomizations, Applications and the like that lead on. */
  readonly leads: readonly KubeObject[];
  /** Other clusters to which it applies folders, by name. */
  readonly remotes: ReadonlyMap<string, readonly Reached[]>;
  /** Charts that it installs from the tree. */
  readonly charts: ReadonlySet<string>;
}

/** Finds what is applied, by whom. */
export class Reach {
  private readonly charts: ReadonlySet<string>;

  constructor(
    readonly tree: ManifestTree,
    readonly kustomizations: Kustomizations,
    charts: readonly string[],
  ) {
    this.charts = new Set(charts);
  }

  /** The objects of a share, as the cluster gets them. */
  objectsOf(share: Share): readonly ManifestObject[] {
    const plain = () => (share.root ? share.root.objects() : share.paths.flatMap((path) => this.tree.inputs(path)));
    const inputs = (share.change && this.changed(share, share.change)) ?? plain();
    const { appliedBy, substitutes, targetNamespace, defaultNamespace } = share;
    return inputs.map((input) => {
      let { object } = input;
      if (substitutes) object = substituted(object, substitutes);
      const namespace = targetNamespace ?? (object.metadata.namespace === undefined ? defaultNamespace : undefined);
      if (namespace !== undefined && !isClusterScoped(object.kind))
        object = { ...object, metadata: { ...object.metadata, namespace } };
      return { ...input, object, ...(appliedBy === undefined ? {} : { appliedBy }) };
    });
  }

  /** With the changes of the Kustomization of Flux; undefined where they cannot be made here. */
  private changed(share: Share, change: Change): readonly ManifestObject[] | undefined {
    const { root, paths, appliedBy, changedFolder, isWhole } = share;
    const key = JSON.stringify([root?.folder, paths, change, changedFolder]);
    const known = this.changes.get(key);
    if (known) return known.inputs;
    const inputs = this.kustomizations.changed(
      { root, paths, by: appliedBy?.name ?? '', folder: changedFolder ?? '', isWhole: isWhole === true },
      change,
    );
    this.changes.set(key, { inputs });
    return inputs;
  }
  private readonly changes = new Map<string, { readonly inputs: readonly ManifestObject[] | undefined }>();

  /** Files whose objects are part of the share; patches and values too. */
  filesOf({ root, paths }: Share): Iterable<string> {
    return root ? root.files : paths;
  }

  isInChart(path: string): boolean {
    return this.charts.size > 0 && foldersAround(dirname(path)).some((folder) => this.charts.has(folder));
  }

  /** Where clusters begin, as Flux is set up: none of these folders lies in another one. */
  fluxStarts(): string[] {
    const found = new Set<string>();
    for (const path of this.tree.paths) {
      if (this.isInChart(path) || !this.tree.mentions(path, leadsOn)) continue;
      const folder = dirname(path);
      const inputs = this.tree.inputs(path);
      for (const { object } of inputs) {
        if (isFluxInstance(object))
          for (const start of foldersAt(textAt(object, 'spec', 'sync', 'path') ?? '', folder, this.tree))
            found.add(start);
        if (!isFluxKustomization(object)) continue;
        const own = this.clusterFolder(folder);
        if (own) found.add(own);
        for (const start of this.selfApplied(object, folder, inputs)) found.add(start);
      }
    }
    // A folder of a cluster can be an overlay of what clusters share, without an object of its own.
    for (const root of this.kustomizations.roots()) {
      const own = this.clusterFolder(root.folder);
      if (own && [...root.files].some((path) => this.tree.mentions(path, leadsOn))) found.add(own);
    }
    return [...found]
      .filter((start) => !this.isOnlyABase(start))
      .sort()
      .filter((one, _, all) => !all.some((other) => other !== one && isWithin(one, other)));
  }

  /** The folder that a Kustomization synchronizes with itself in it, as `flux bootstrap` writes it. */
  private selfApplied(object: KubeObject, folder: string, inputs: readonly ManifestObject[]): string[] {
    const path = plainPath(textAt(object, 'spec', 'path') ?? '');
    if (path === '') {
      const isBootstrap = object.metadata.name === 'flux-system' && basename(folder) === 'flux-system';
      return isBootstrap ? [dirname(folder)] : [];
    }
    const hasSource = inputs.some((input) => `${input.object.kind}/${input.object.metadata.name}` === sourceOf(object));
    return hasSource ? foldersAt(path, folder, this.tree).filter((start) => isWithin(folder, start)) : [];
  }

  /** Whether all kustomizations of a folder are taken in by others: it is no cluster but what clusters share. */
  private isOnlyABase(folder: string): boolean {
    const within = this.kustomizations.folders().filter((one) => isWithin(one, folder));
    if (within.length === 0) return false;
    const roots = new Set(this.kustomizations.roots().map((root) => root.folder));
    return within.every((one) => !roots.has(one));
  }

  /** `…/clusters/<name>`, of the folders that hold the file. */
  private clusterFolder(folder: string): string | undefined {
    for (let one = folder; isWithin(dirname(one), this.tree.base) && one !== dirname(one); one = dirname(one))
      if (/[/\\]clusters$/.test(dirname(one))) return one;
    return undefined;
  }

  /** Folders whose objects lead on, where nobody says where clusters begin. */
  looseStarts(): string[] {
    const found = new Set<string>();
    for (const path of this.tree.paths) {
      if (this.isInChart(path) || !this.tree.mentions(path, leadsOn)) continue;
      const folder = dirname(path);
      const leads = this.tree
        .inputs(path)
        .some(({ object }) => this.pathsLedTo(object, []).some((one) => foldersAt(one, folder, this.tree).length > 0));
      if (leads) found.add(this.kustomizations.holderOf(path) ?? folder);
    }
    return [...found].sort();
  }

  private pathsLedTo(object: KubeObject, generators: readonly KubeObject[]): string[] {
    if (isFluxKustomization(object)) return this.isOurs(object) ? pathsOf(object, generators) : [];
    if (!isArgoApplication(object)) return [];
    return argoSources(object).flatMap(({ path }) => this.expanded(path));
  }

  /** Paths of folders of the tree for one with `*`. */
  private expanded(path: string): string[] {
    const parts = plainPath(path);
    if (!parts.includes('*')) return [parts];
    const pattern = new RegExp(
      `(^|/)${parts
        .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
        .replaceAll('**', '\0')
        .replaceAll('*', '[^/]+')
        .replaceAll('\0', '.+')}$`,
    );
    const { base } = this.tree;
    return [...this.tree.folderPaths()]
      .filter((folder) => isWithin(folder, base))
      .map((folder) => relative(base, folder).split(sep).join('/'))
      .filter((folder) => pattern.test(folder))
      .sort();
  }

  /** How the folder is applied by the Kustomization that lies in it, if one does that. */
  private howItself(start: string): Omit<Share, 'root' | 'paths'> {
    for (const path of this.tree.paths) {
      if (!isWithin(path, start) || this.isInChart(path) || !this.tree.mentions(path, leadsOn)) continue;
      const inputs = this.tree.inputs(path);
      for (const { object } of inputs)
        if (isFluxKustomization(object) && this.selfApplied(object, dirname(path), inputs).includes(start))
          return this.howOf(object);
    }
    return {};
  }

  private howOf(object: KubeObject): Omit<Share, 'root' | 'paths'> {
    const { kind, metadata } = object;
    const substitutes = substitutesOf(object, (ofKind, name) => this.valuesNamed(ofKind, name));
    const targetNamespace = textAt(object, 'spec', 'targetNamespace');
    const change = changeOf(object);
    return {
      appliedBy: { kind, namespace: metadata.namespace ?? 'flux-system', name: metadata.name },
      ...(substitutes ? { substitutes } : {}),
      ...(change ? { change } : {}),
      ...(targetNamespace ? { targetNamespace } : {}),
    };
  }

  /**
   * Everything from a folder on.
   * @param isLoose only what lies in the folder itself is applied there: nobody says that all below it is
   */
  from(start: string, isLoose = false): Reached {
    const reached = {
      start,
      shares: [] as Share[],
      files: new Set<string>(),
      folders: new Set<string>(),
      leads: [] as KubeObject[],
      remotes: new Map<string, Reached[]>(),
      charts: new Set<string>(),
    };
    const done = new Set<string>();
    interface Step extends Omit<Share, 'root' | 'paths'> {
      readonly folder: string;
      readonly isArgo?: boolean;
      readonly recurses?: boolean;
    }
    const waiting: Step[] = [{ folder: start, ...this.howItself(start) }];
    const located: { readonly object: KubeObject; readonly folder: string; readonly substitutes?: Substitutes }[] = [];
    const handled = new Set<KubeObject>();
    while (waiting.length > 0) {
      for (const { folder, isArgo, recurses, ...how } of waiting.splice(0)) {
        const key = JSON.stringify([folder, how]);
        if (done.has(key)) continue;
        done.add(key);
        reached.folders.add(folder);
        if (this.charts.has(folder)) {
          reached.charts.add(folder);
          continue;
        }
        const shares =
          isArgo || (isLoose && folder === start)
            ? this.argoShares(folder, recurses === true)
            : this.fluxShares(folder, reached.files);
        for (const part of shares) {
          const whole = how.change ? { changedFolder: folder, isWhole: shares.length === 1 } : {};
          const share: Share = { ...how, ...part, ...whole };
          reached.shares.push(share);
          for (const file of this.filesOf(share)) reached.files.add(file);
          for (const one of share.root?.folders ?? []) reached.folders.add(one);
          if (![...this.filesOf(share)].some((path) => this.mentionsLead(path))) continue;
          for (const input of this.objectsOf(share)) {
            const { object } = input;
            if (!isFluxKustomization(object) && !isArgoApplication(object) && object.kind !== 'ArtifactGenerator')
              continue;
            const from = share.root?.folder ?? this.folderOf(input) ?? folder;
            located.push({ object, folder: from, ...(share.substitutes ? { substitutes: share.substitutes } : {}) });
            reached.leads.push(object);
          }
        }
      }
      // An ArtifactGenerator can come after the Kustomization that needs it: all are asked again.
      const generators = reached.leads.filter(({ kind }) => kind === 'ArtifactGenerator');
      for (const { object, folder } of located) {
        if (handled.has(object) && generators.length === 0) continue;
        handled.add(object);
        if (isFluxKustomization(object)) {
          if (!this.isOurs(object)) continue;
          const how = this.howOf(object);
          const remote = textAt(object, 'spec', 'kubeConfig', 'secretRef', 'name');
          for (const path of pathsOf(object, generators))
            for (const target of foldersAt(path, folder, this.tree)) {
              const step: Step = { folder: target, ...how };
              if (remote === undefined) waiting.push(step);
              else if (!done.has(`${remote} ${target}`)) {
                done.add(`${remote} ${target}`);
                reached.remotes.set(remote, [...(reached.remotes.get(remote) ?? []), this.from(target)]);
              }
            }
        } else if (isArgoApplication(object))
          for (const { path, recurses, namespace, cluster } of argoSources(object))
            for (const one of this.expanded(path))
              for (const target of foldersAt(one, folder, this.tree)) {
                const step: Step = {
                  folder: target,
                  isArgo: true,
                  recurses,
                  appliedBy: {
                    kind: object.kind,
                    namespace: object.metadata.namespace ?? 'argocd',
                    name: object.metadata.name,
                  },
                  ...(namespace ? { defaultNamespace: namespace } : {}),
                };
                if (cluster === undefined) waiting.push(step);
                else if (!done.has(`${cluster} ${target}`)) {
                  done.add(`${cluster} ${target}`);
                  const shares = this.argoShares(target, recurses).map((share) => ({ ...step, ...share }));
                  const files = new Set(shares.flatMap((share) => [...this.filesOf(share)]));
                  const one = { ...emptyReach(target), shares, files };
                  reached.remotes.set(cluster, [...(reached.remotes.get(cluster) ?? []), one]);
                }
              }
      }
      waiting.splice(
        0,
        waiting.length,
        ...waiting.filter(({ folder, isArgo: _, recurses: __, ...how }) => !done.has(JSON.stringify([folder, how]))),
      );
    }
    return reached;
  }

  private mentionsLead(path: string): boolean {
    return this.tree.mentions(path, leadsOn) || this.tree.mentions(path, 'source.extensions.fluxcd.io');
  }

  private folderOf({ place, object }: ManifestObject): string | undefined {
    const { file } = place('', object);
    const path = file === undefined ? undefined : this.tree.pathOf(file);
    return path === undefined ? undefined : dirname(path);
  }

  /**
   * What Flux applies of a folder: its kustomization; without one every manifest below, where a folder with a kustomization
   * counts as that.
   * @see fluxcd/pkg kustomize v1.39 kustomize_generator.go (scanManifests)
   */
  private fluxShares(folder: string, taken: ReadonlySet<string>): Pick<Share, 'root' | 'paths'>[] {
    const all = new Set(this.kustomizations.folders());
    /** The outermost folder with a kustomization that holds the path, from `folder` on. */
    const holder = (path: string): string | undefined => {
      let found: string | undefined;
      for (let one = path; isWithin(one, folder); one = dirname(one)) if (all.has(one)) found = one;
      return found;
    };
    const roots = (all.has(folder) ? [folder] : [...all].filter((one) => isWithin(one, folder) && holder(one) === one))
      .map((one) => this.kustomizations.at(one))
      .filter((one) => one !== undefined);
    const paths = this.tree.paths.filter(
      (path) => isWithin(path, folder) && !taken.has(path) && holder(path) === undefined && !this.isInChart(path),
    );
    return [...roots.map((root) => ({ root, paths: [] })), ...(paths.length > 0 ? [{ paths }] : [])];
  }

  private argoShares(folder: string, recurses: boolean): Pick<Share, 'root' | 'paths'>[] {
    const root = this.kustomizations.at(folder);
    if (root) return [{ root, paths: [] }];
    const paths = this.tree.paths.filter(
      (path) => (recurses ? isWithin(path, folder) : dirname(path) === folder) && !this.isInChart(path),
    );
    return paths.length > 0 ? [{ paths }] : [];
  }

  /** Whether the source of the Kustomization is this repository, as far as can be known. */
  private isOurs(kustomization: KubeObject): boolean {
    const { synced, addresses } = this.knownSources();
    const source = sourceOf(kustomization);
    const path = plainPath(textAt(kustomization, 'spec', 'path') ?? '');
    if (source.startsWith('ExternalArtifact/')) return true;
    if (synced.has(source)) return true;
    const address = addresses.get(source);
    if (synced.size === 0 || address === undefined) return path !== '';
    return [...synced].some((one) => addresses.get(one) === address);
  }

  private sources: { readonly synced: Set<string>; readonly addresses: Map<string, string> } | undefined;
  private knownSources() {
    if (this.sources) return this.sources;
    const synced = new Set<string>();
    const addresses = new Map<string, string>();
    for (const path of this.tree.paths) {
      if (this.isInChart(path) || !this.tree.mentions(path, /toolkit\.fluxcd\.io|fluxcd\.controlplane\.io/)) continue;
      const inputs = this.tree.inputs(path);
      for (const { object } of inputs) {
        const url = textAt(object, 'spec', 'url');
        const key = `${object.kind}/${object.metadata.name}`;
        if (url !== undefined && /Repository$|^Bucket$/.test(object.kind) && !addresses.has(key))
          addresses.set(key, repositoryOf(url));
        if (isFluxInstance(object)) {
          const kind = textAt(object, 'spec', 'sync', 'kind') ?? 'GitRepository';
          const name = textAt(object, 'spec', 'sync', 'name') ?? object.metadata.namespace ?? 'flux-system';
          synced.add(`${kind}/${name}`);
          const address = textAt(object, 'spec', 'sync', 'url');
          if (address !== undefined) addresses.set(`${kind}/${name}`, repositoryOf(address));
        }
        if (isFluxKustomization(object) && this.selfApplied(object, dirname(path), inputs).length > 0)
          synced.add(sourceOf(object));
      }
    }
    this.sources = { synced, addresses };
    return this.sources;
  }

  /** A ConfigMap or Secret of the tree whose values `postBuild` takes. */
  private valuesNamed(kind: string, name: string): KubeObject | undefined {
    for (const path of this.tree.paths) {
      if (this.isInChart(path) || !this.tree.mentions(path, `kind: ${kind}`) || !this.tree.mentions(path, name))
        continue;
      const found = this.tree.inputs(path).find(({ object }) => object.kind === kind && object.metadata.name === name);
      if (found) return found.object;
    }
    return undefined;
  }
}

function emptyReach(start: string): Reached {
  return {
    start,
    shares: [],
    files: new Set(),
    folders: new Set(),
    leads: [],
    remotes: new Map(),
    charts: new Set(),
  };
}
