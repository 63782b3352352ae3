import { dirname, relative, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Finding } from '../findings';
import type { Surroundings } from './disk';
import { type Chart, chartFindings, chartsIn } from './helm-charts';
import { Kustomizations } from './kustomize';
import type { ManifestObject } from './manifest-object';
import { isWithin, ManifestTree } from './manifest-tree';
import { environmentsAmong, identityOf, namesOf } from './overlays';
import { Reach, type Reached, type Share } from './reach';
import type { ManifestFile } from './read-manifests';

/** What one cluster holds, as far as the files tell. */
export interface ClusterManifests {
  /** Undefined where the files are those of one cluster. */
  readonly name?: string;
  readonly inputs: readonly ManifestObject[];
  /** Objects that are there too, as the facts name them, without being known. */
  readonly exists?: readonly string[];
  /** Something that is applied is not here: bases from the network, sources of others, kustomizations that nobody could build. */
  readonly isPartial?: boolean;
}

/** What reaches which cluster. */
export interface SortedManifests {
  readonly clusters: readonly ClusterManifests[];
  /** What could not be read or built, and what nobody applies. */
  readonly findings: readonly Finding[];
  readonly counts: ManifestCounts;
}

/** What was looked at, for the last line of a report. */
export interface ManifestCounts {
  readonly files: number;
  readonly kustomizations: number;
  /** Charts of the tree that make objects of Flagger. */
  readonly charts: number;
  /** Files with objects that nothing applies, as the user names them. */
  readonly notApplied: readonly string[];
  /** Files that are no YAML, and nothing of Kubernetes. */
  readonly foreign: readonly string[];
}

/** A text without it holds no Canary, no MetricTemplate and no installation of Flagger. */
const ofFlagger = /flagger/i;

/** How much is read of what is there. */
export interface SortOptions {
  /** A cluster in which no file has this text is named, and not read. @default what speaks of Flagger */
  readonly concerned?: RegExp;
}

/** Up to so many files are parsed for the sake of what kustomize refuses, though nothing in them speaks of Flagger. */
const MOST_UNCONCERNED = 200;

/** What the builder says of kustomizations that list a file which it must refuse: the others are not built. */
function refusedByKustomize(tree: ManifestTree, surroundings: Surroundings): readonly Finding[] {
  const kustomizations = new Kustomizations(tree, surroundings);
  for (const root of kustomizations.roots())
    if ([...root.files].some((path) => tree.findings(path).some(({ code }) => code === 'manifest-key-twice')))
      root.objects();
  return kustomizations.findings.filter(({ code }) => code === 'kustomize-failed');
}

/** Which objects reach which cluster, by whom: decided before any rule runs. */
export function sortByCluster(
  files: readonly ManifestFile[],
  surroundings: Surroundings,
  { concerned = ofFlagger }: SortOptions = {},
): SortedManifests {
  const tree = new ManifestTree(files, surroundings);
  const none = { kustomizations: 0, charts: 0, notApplied: [], foreign: [] };
  const isConcerned = tree.paths.some((path) => tree.mentions(path, concerned));
  // Nothing is built for a repository in which no Canary can be, and a large one is not even parsed.
  if (!isConcerned && files.some(({ isNamed }) => !isNamed)) {
    const findings = files.length > MOST_UNCONCERNED ? [] : refusedByKustomize(tree, surroundings);
    return { clusters: [], findings, counts: { ...none, files: files.length } };
  }
  const charts = chartsIn(tree);
  const kustomizations = new Kustomizations(tree, surroundings);
  const reach = new Reach(
    tree,
    kustomizations,
    charts.map(({ folder }) => folder),
  );
  return new Sorter(tree, kustomizations, reach, charts, concerned).sort(files);
}

interface Group {
  readonly name?: string;
  /** Folders that may complete each other, though some of their objects exclude each other. */
  readonly isPartial?: boolean;
  readonly shares: readonly Share[];
}

class Sorter {
  constructor(
    private readonly tree: ManifestTree,
    private readonly kustomizations: Kustomizations,
    private readonly reach: Reach,
    private readonly charts: readonly Chart[],
    private readonly concerned: RegExp,
  ) {}

  sort(files: readonly ManifestFile[]): SortedManifests {
    const applied = this.appliedGroups();
    const groups = applied ?? this.plainGroups();
    const used = new Set(groups.flatMap(({ shares }) => shares.flatMap((share) => [...this.reach.filesOf(share)])));
    const concernedGroups = groups.filter(({ shares }) => this.isConcerned(shares));
    // A cluster without Flagger is named, and costs nothing.
    const clusters = groups.map(({ name, shares, isPartial }) =>
      this.clusterOf(name, this.isConcerned(shares) ? shares : [], isPartial === true),
    );
    const left = this.tree.paths.filter((path) => !used.has(path) && !this.reach.isInChart(path));
    // Read as they are, by whoever applies them: what kustomize builds it judges itself.
    const read = new Set(
      concernedGroups.flatMap(({ shares }) =>
        shares.flatMap((share) => (share.root?.needsBuild ? [] : [...this.reach.filesOf(share)])),
      ),
    );
    const asIs = this.tree.paths.filter((path) => read.has(path));
    const isNamed = new Set(files.filter((one) => one.isNamed).map(({ file }) => file));
    const foreign = asIs.filter((path) => this.tree.isForeign(path) && !isNamed.has(this.tree.fileOf(path) ?? path));
    const skipped = new Set(foreign);
    return {
      clusters,
      findings: [
        ...this.kustomizations.findings.map((finding) => (applied ? finding : this.weighed(finding))),
        ...chartFindings(this.charts, this.tree),
        ...asIs.filter((path) => !skipped.has(path)).flatMap((path) => this.tree.findings(path)),
        ...this.notAppliedFindings(left),
      ],
      counts: {
        files: files.length,
        kustomizations: this.kustomizations.folders().length,
        charts: this.charts.filter(({ concernsFlagger }) => concernsFlagger).length,
        notApplied: left.map((path) => this.tree.fileOf(path) ?? path),
        foreign: foreign.map((path) => this.tree.fileOf(path) ?? path),
      },
    };
  }

  /** One that cannot be built, that nobody is known to apply and that has nothing of Flagger stops nobody. */
  private weighed(finding: Finding): Finding {
    if (finding.code !== 'kustomize-failed') return finding;
    const root = this.kustomizations.roots().find(({ file }) => file === finding.place.file);
    // What is missing may be the Canary: the kustomization speaks of it, or a listed folder holds it.
    const isConcerned =
      !root ||
      this.tree.paths.some(
        (path) =>
          (root.files.has(path) && this.tree.mentions(path, this.concerned)) ||
          ([...root.folders].some((folder) => isWithin(path, folder)) && this.tree.mentions(path, /flagger|canary/i)),
      );
    return isConcerned ? finding : { ...finding, severity: 'warning' };
  }

  private isConcerned(shares: readonly Share[]): boolean {
    return (
      shares.some((share) =>
        [...this.reach.filesOf(share)].some((path) => path === '-' || this.tree.mentions(path, this.concerned)),
      ) ||
      shares.some(({ paths }) => paths.length > 0 && this.tree.base !== '' && this.tree.paths.length === paths.length)
    );
  }

  private clusterOf(name: string | undefined, shares: readonly Share[], isPart: boolean): ClusterManifests {
    const all = this.inOrder(shares.flatMap((share) => this.reach.objectsOf(share)));
    // Two kustomizations can list the same file.
    const inputs = [...new Map(all.map((input) => [input.object, input])).values()];
    const remotes = shares.flatMap(({ root, targetNamespace }) =>
      (root?.remotes ?? []).map(({ address, namespace }) => ({ address, namespace: targetNamespace ?? namespace })),
    );
    const rest = {
      ...(isPart || remotes.length > 0 || this.isBroken(shares) || inputs.some(isUnnamed) ? { isPartial: true } : {}),
      ...(remotes.length > 0 ? { exists: remotes.flatMap(madeByFlaggersOwn) } : {}),
    };
    return name === undefined
      ? { inputs, ...rest }
      : { name, inputs: inputs.map((input) => ({ ...input, cluster: name })), ...rest };
  }

  /** Whether a file with objects could not be read. */
  private isBroken(shares: readonly Share[]): boolean {
    const unread = new Set(['manifest-not-yaml', 'manifest-is-template', 'manifest-too-large']);
    return shares.some((share) =>
      [...this.reach.filesOf(share)].some(
        (path) => !this.tree.isForeign(path) && this.tree.findings(path).some(({ code }) => unread.has(code)),
      ),
    );
  }

  /** As the files were named: whoever leads to them. */
  private inOrder(inputs: readonly ManifestObject[]): readonly ManifestObject[] {
    const order = new Map(this.tree.paths.map((path, index) => [this.tree.fileOf(path), index]));
    const position = ({ file }: ManifestObject) => order.get(file) ?? order.size;
    return inputs
      .map((input) => ({ input, at: position(input) }))
      .sort((a, b) => a.at - b.at)
      .map(({ input }) => input);
  }

  /** What Flux or Argo CD applies, where they apply folders of the tree at all. */
  private appliedGroups(): Group[] | undefined {
    const starts = this.reach.fluxStarts();
    const found = starts.length > 0 ? this.clustersFrom(starts) : this.looseClusters();
    if (found.length === 0) return undefined;
    const names = found.length > 1 ? namesOf(found.map((some) => some[0]!.start)) : [undefined];
    const groups = new Map<string | undefined, Share[]>();
    const add = (name: string | undefined, reached: Reached) => {
      groups.set(name, [...(groups.get(name) ?? []), ...reached.shares]);
      for (const [remote, others] of reached.remotes) for (const other of others) add(remote, other);
    };
    for (const [index, some] of found.entries()) for (const reached of some) add(names[index], reached);
    return [...groups].map(([name, shares]) => ({
      ...(name === undefined ? {} : { name }),
      shares: shares.map((share) => ({ appliedBy: null, ...share })),
    }));
  }

  /** A folder that another cluster leads to is a part of that one. */
  private clustersFrom(starts: readonly string[]): Reached[][] {
    const all = starts.map((start) => this.reach.from(start));
    return withoutLed(all).map((one) => [one]);
  }

  /** Kustomizations and Applications that nobody says where to find: one cluster, unless they are several sets of the same. */
  private looseClusters(): Reached[][] {
    const all = withoutLed(this.reach.looseStarts().map((start) => this.reach.from(start, true)));
    const clusters: Reached[][] = [];
    for (const one of all) {
      const fitting = clusters.find((cluster) => cluster.every((other) => !clash(one, other)));
      if (fitting) fitting.push(one);
      else clusters.push([one]);
    }
    return clusters;
  }

  /** Without Flux and Argo CD: kustomizations and plain files, overlays and sibling folders of the same objects apart. */
  private plainGroups(): Group[] {
    const roots = this.kustomizations.roots().filter(({ folder }) => !isFixture(`${folder}${sep}`, this.tree));
    const known = new Set(roots.flatMap((root) => [...root.files]));
    const loose = this.tree.paths.filter(
      (path) =>
        !known.has(path) &&
        !this.reach.isInChart(path) &&
        !isFixture(path, this.tree) &&
        (path === '-' || this.kustomizations.holderOf(path) === undefined),
    );
    const environments = environmentsAmong(roots);
    const siblings = siblingsAmong(loose, this.tree);
    const inEnvironments = new Set([...environments.values()].flat());
    const inSiblings = new Set([...siblings.values()].flat());
    const common: Share[] = [
      ...asShare(loose.filter((path) => !inSiblings.has(path))),
      ...roots.filter((root) => !inEnvironments.has(root)).map((root) => ({ root, paths: [] })),
    ];
    const names = [...new Set([...environments.keys(), ...siblings.keys()])];
    const byNobody = (shares: readonly Share[]) => shares.map((share) => ({ appliedBy: null, ...share }));
    if (names.length === 0) return [{ shares: byNobody(common) }];
    return names.map((name) => ({
      name,
      isPartial: true,
      shares: byNobody([
        ...common,
        ...asShare(siblings.get(name) ?? []),
        ...(environments.get(name) ?? []).map((root) => ({ root, paths: [] })),
      ]),
    }));
  }

  /** A Canary that nothing applies: that is the finding about it. */
  private notAppliedFindings(left: readonly string[]): Finding[] {
    return left
      .filter((path) => this.tree.mentions(path, 'flagger.app/') && !this.kustomizations.isAuxiliary(path))
      .flatMap((path) => this.tree.inputs(path))
      .filter(({ object }) => object.kind === 'Canary' && object.apiVersion.startsWith('flagger.app/'))
      .filter(({ object }) => object.spec !== undefined)
      .map(({ object, place }) => {
        const { namespace, name } = object.metadata;
        const what = `Canary ${namespace ? `${namespace}/` : ''}${name}`;
        return {
          code: 'manifest-not-applied',
          severity: 'info',
          place: { ...place('', object), object: what },
          message: `nothing applies ${what}: it is not checked`,
          cause: this.whyNot(place('', object).file),
          fix: 'list the file where it is to be applied, or check it by itself: aviary preflight --manifests with this file',
          docs: 'docs/rules/manifest-not-applied.md',
        };
      });
  }

  private whyNot(file: string | undefined): string {
    const path = file === undefined ? undefined : this.tree.pathOf(file);
    const holder = path === undefined ? undefined : this.kustomizations.holderOf(path);
    const own = holder === undefined ? undefined : this.kustomizations.at(holder);
    if (own && path !== undefined && !own.files.has(path)) return `${own.file} does not list the file`;
    return 'no Kustomization of Flux and no Application of Argo CD leads to the file';
  }
}

/**
 * What Flagger's own kustomizations make, as far as rollouts need it.
 * @see fluxcd/flagger v1.44 kustomize/tester, kustomize/podinfo, kustomize/prometheus
 */
function madeByFlaggersOwn({
  address,
  namespace = 'default',
}: {
  readonly address: string;
  readonly namespace?: string | undefined;
}): string[] {
  if (!/flagger/i.test(address)) return [];
  const part = /\/(?:kustomize\/)?(tester|podinfo)\b/.exec(address)?.[1];
  if (part === 'tester')
    return [`Service ${namespace}/flagger-loadtester`, `Deployment ${namespace}/flagger-loadtester`];
  if (part === 'podinfo') return [`Deployment ${namespace}/podinfo`, `HorizontalPodAutoscaler ${namespace}/podinfo`];
  return ['Service flagger-system/flagger-prometheus', 'Deployment flagger-system/flagger'];
}

/** Whether somebody else's tool still has to write the name or the namespace. */
function isUnnamed({ object: { metadata } }: ManifestObject): boolean {
  return /\$\{|\{\{|<\w+>/.test(`${metadata.namespace ?? ''} ${metadata.name}`);
}

/** Inputs of tests, what others wrote, and releases of theirs as they were unpacked (`istio-1.9.0`). */
const fixtures =
  /(^|[/\\])(e2e|testdata|fixtures|__tests__|node_modules|third_party|vendor|[\w.-]+-v?\d+\.\d+\.\d+([-.]\w+)*)[/\\]/;

/** Nobody applies a folder of such a name, unless it is the one that was named. */
function isFixture(path: string, { base }: ManifestTree): boolean {
  return fixtures.test(relative(base, path) + (path.endsWith(sep) ? sep : ''));
}

const asShare = (paths: readonly string[]): Share[] => (paths.length > 0 ? [{ paths }] : []);

function withoutLed(all: readonly Reached[]): Reached[] {
  const leadsTo = (from: Reached, to: Reached) => from !== to && from.folders.has(to.start);
  return all.filter(
    (one, index) => !all.some((other, position) => leadsTo(other, one) && (!leadsTo(one, other) || position < index)),
  );
}

/** Whether both bring an object that leads on, and not the same one. */
function clash(one: Reached, other: Reached): boolean {
  const known = new Map(one.leads.map((object) => [identityOf(object), object]));
  return other.leads.some((object) => {
    const same = known.get(identityOf(object));
    return same !== undefined && !isDeepStrictEqual(same, object);
  });
}

const workloads = new Set(['Deployment', 'DaemonSet', 'StatefulSet', 'Canary']);

/** Whether two files with the object are two ways to run one application; of a Namespace or an account all may bring a copy. */
function isRival({ object }: ManifestObject, other: ManifestObject): boolean {
  return workloads.has(object.kind) || !isDeepStrictEqual(object, other.object);
}

/**
 * Folders beside each other that give the same objects in another form, as the steps of a walk-through or copies for
 * environments do: by the name of the folder, each with all that lies in it.
 */
function siblingsAmong(paths: readonly string[], tree: ManifestTree): ReadonlyMap<string, readonly string[]> {
  const owners = new Map<string, { readonly path: string; readonly input: ManifestObject }>();
  const splits = new Set<string>();
  const pairs: [string, string][] = [];
  for (const path of paths)
    for (const input of tree.inputs(path)) {
      if (input.object.kind === 'Namespace') continue;
      const identity = identityOf(input.object);
      const owner = owners.get(identity);
      if (!owner) owners.set(identity, { path, input });
      else if (dirname(owner.path) !== dirname(path) && isRival(owner.input, input)) pairs.push([owner.path, path]);
    }
  for (const [one, other] of pairs) {
    let folder = dirname(one);
    while (!isWithin(other, folder)) folder = dirname(folder);
    splits.add(folder);
  }
  const outer = [...splits].filter((one) => ![...splits].some((other) => other !== one && isWithin(one, other)));
  const groups = new Map<string, string[]>();
  for (const split of outer) {
    const childOf = (path: string) => {
      const [child = '', ...rest] = relative(split, path).split(sep);
      return rest.length === 0 ? '.' : child;
    };
    const rivals = new Set(
      pairs.filter(([one]) => isWithin(one, split)).flatMap(([one, other]) => [childOf(one), childOf(other)]),
    );
    for (const path of paths) {
      if (!isWithin(path, split) || !rivals.has(childOf(path))) continue;
      const name = childOf(path) === '.' ? relative(tree.base, split) || '.' : childOf(path);
      groups.set(name, [...(groups.get(name) ?? []), path]);
    }
  }
  return groups;
}
