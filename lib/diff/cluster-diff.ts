import { type ClusterObjects, type ObjectOrigin, objectKey } from '../kube';
import { buildWorld, type Entry, type FluxKustomizationView, type World, type WorldFacts, worldInputs } from '../world';
import { type FieldChange, fieldChanges } from './field-changes';
import { isSuspended, type Pruning, pruningOf } from './pruning';

/** What happens to one object. */
export class ObjectChange {
  private known: readonly FieldChange[] | undefined;

  constructor(
    /** Undefined for an object that is new. */
    readonly before: Entry | undefined,
    /** Undefined for an object that goes. */
    readonly after: Entry | undefined,
    /** The Flux Kustomizations that apply it, where that is known. */
    readonly appliedBefore: FluxKustomizationView | undefined,
    readonly appliedAfter: FluxKustomizationView | undefined,
    fields?: readonly FieldChange[],
    /** Helm has made it, of a chart: Flux does not prune it. */
    private readonly isOfHelm = false,
    /** The Kustomization that applied it, as it is after the change; undefined where that goes. */
    private readonly applierNow?: FluxKustomizationView,
    /** That one has nothing left to apply. */
    private readonly isLast = false,
  ) {
    this.known = fields;
  }

  /** The state that says which object it is: the later one, where there is one. */
  get entry(): Entry {
    return (this.after ?? this.before)!;
  }
  get kind(): string {
    return this.entry.kind;
  }
  get namespace(): string {
    return this.entry.namespace;
  }
  get name(): string {
    return this.entry.name;
  }
  get key(): string {
    return keyOf(this.entry);
  }
  get isAdded(): boolean {
    return this.before === undefined;
  }
  get isRemoved(): boolean {
    return this.after === undefined;
  }
  /** It leaves the tree, and the cluster with it. */
  get isDeleted(): boolean {
    return this.isRemoved && !this.isLeft;
  }
  /**
   * It leaves the tree, and what applied it lets it be.
   * @see fluxcd/kustomize-controller v1.9.4 internal/controller/kustomization_controller.go (deleteObjects: Exclusions), helm.sh/docs/howto/charts_tips_and_tricks
   */
  get isLeft(): boolean {
    return this.isRemoved && (this.isKept || ['leaves', 'waits'].includes(this.pruning ?? ''));
  }
  /** It leaves the tree, and whether it is deleted cannot be told from the objects. */
  get isUncertain(): boolean {
    return this.isRemoved && !this.isKept && ['uncertain', 'by folder'].includes(this.pruning ?? '');
  }
  /** It says of itself that it stays. */
  get isKept(): boolean {
    return isKept(this.entry, this.isOfHelm);
  }
  /** What the Kustomization does that has applied it, where that is known. */
  get pruning(): Pruning | undefined {
    return this.appliedBefore && pruningOf(this.appliedBefore, this.applierNow, { isEmpty: this.isLast });
  }
  /** The suspended Kustomization that has to be resumed before anything of this happens. */
  get waitsFor(): FluxKustomizationView | undefined {
    const [was, is] = [this.appliedBefore, this.isRemoved ? this.applierNow : this.appliedAfter];
    return isSuspended(is) && (was === undefined || (was.name === is?.name && isSuspended(was))) ? is : undefined;
  }
  /** Another Kustomization applies it: the one before prunes it unless the other one has applied it first. */
  get isMoved(): boolean {
    const [from, to] = [this.appliedBefore?.name, this.appliedAfter?.name];
    return (
      this.before !== undefined && this.after !== undefined && from !== undefined && to !== undefined && from !== to
    );
  }
  /** Fields that differ; none for an object that is new or gone. */
  get fields(): readonly FieldChange[] {
    this.known ??= this.before && this.after ? fieldChanges(this.before.object, this.after.object) : [];
    return this.known;
  }
  /** Fields that somebody has changed: without digests that follow from them. */
  get written(): readonly FieldChange[] {
    return this.fields.filter(({ isDerived }) => !isDerived);
  }
}

const KEPT_BY_FLUX = [
  ['kustomize.toolkit.fluxcd.io/prune', 'disabled'],
  ['kustomize.toolkit.fluxcd.io/reconcile', 'disabled'],
  ['kustomize.toolkit.fluxcd.io/ssa', 'Ignore'],
] as const;

/** Neither of both listens to the other's word. */
function isKept({ annotations, labels }: Entry, isOfHelm: boolean): boolean {
  if (isOfHelm) return annotations['helm.sh/resource-policy'] === 'keep';
  return KEPT_BY_FLUX.some(([name, value]) => [annotations[name], labels[name]].includes(value));
}

/** What is known besides the two states. */
export interface DiffOptions {
  readonly facts?: WorldFacts;
}

/** Two states of one cluster, with what happens to each object on the way. */
export class ClusterDiff {
  readonly cluster: string | undefined;
  readonly before: World;
  readonly after: World;
  /** By kind, namespace and name; objects that stay as they are, are not among them. */
  readonly changes: readonly ObjectChange[];
  private readonly byKey: ReadonlyMap<string, ObjectChange>;
  private readonly appliers: readonly [before: Appliers, after: Appliers];

  constructor(before: ClusterObjects, after: ClusterObjects, { facts = {} }: DiffOptions = {}) {
    this.cluster = after.cluster ?? before.cluster;
    this.before = buildWorld(worldInputs(before), facts);
    this.after = buildWorld(worldInputs(after), facts);
    this.appliers = [new Appliers(this.before, before), new Appliers(this.after, after)];
    this.changes = changesOf(this.before, this.after, this.appliers);
    this.byKey = new Map(this.changes.map((change) => [change.key, change]));
  }

  /** The changes of objects of these kinds. */
  of(...kinds: string[]): ObjectChange[] {
    return this.changes.filter(({ kind }) => kinds.includes(kind));
  }

  /** What happens to an object; undefined where it stays as it is. */
  changeOf(entry: Pick<Entry, 'group' | 'kind' | 'namespace' | 'name'>): ObjectChange | undefined {
    return this.byKey.get(keyOf(entry));
  }

  /** The Flux Kustomization that applies an object of the later state, where that is known. */
  applierOf(entry: Entry): FluxKustomizationView | undefined {
    return this.appliers[1].of(entry);
  }

  /** A Kustomization of the earlier state, as it is in the later one. */
  kustomizationAfter(was: FluxKustomizationView): FluxKustomizationView | undefined {
    return this.appliers[1].named(was);
  }

  /** The same of the earlier state. */
  applierBefore(entry: Entry): FluxKustomizationView | undefined {
    return this.appliers[0].of(entry);
  }

  /** Whether what Helm makes of a HelmRelease is among the objects of the later state. */
  hasChartObjects({ namespace, name }: Pick<Entry, 'namespace' | 'name'>): boolean {
    return this.appliers[1].isHelm(namespace, name);
  }

  /** Whether all of it is new: nothing that runs can suffer. */
  get isNewCluster(): boolean {
    return this.before.entries().length === 0;
  }
}

/** Who applies what: as the files were read, or else by the folder in which the object's file is. */
class Appliers {
  private readonly known: ReadonlyMap<object, ObjectOrigin['appliedBy']>;
  private readonly byName: ReadonlyMap<string, FluxKustomizationView>;
  private readonly releases: ReadonlySet<string>;

  constructor(
    private readonly world: World,
    { objects }: ClusterObjects,
  ) {
    this.known = new Map(
      objects.flatMap(({ object, origin }) =>
        origin.appliedBy === undefined ? [] : [[object, origin.appliedBy] as const],
      ),
    );
    this.releases = new Set(
      [...this.known.values()].flatMap((by) => (by?.kind === 'HelmRelease' ? [`${by.namespace}/${by.name}`] : [])),
    );
    this.byName = new Map(world.fluxKustomizations().map((one) => [`${one.namespace}/${one.name}`, one]));
  }

  named({ namespace, name }: Pick<FluxKustomizationView, 'namespace' | 'name'>): FluxKustomizationView | undefined {
    return this.byName.get(`${namespace}/${name}`);
  }

  isHelm(namespace: string, name: string): boolean {
    return this.releases.has(`${namespace}/${name}`);
  }

  isMadeByHelm(entry: Entry): boolean {
    return this.known.get(entry.object)?.kind === 'HelmRelease';
  }

  of(entry: Entry): FluxKustomizationView | undefined {
    const by = this.known.get(entry.object);
    if (by === undefined) return this.world.kustomizationOf(entry);
    return by?.kind === 'Kustomization' ? this.byName.get(`${by.namespace}/${by.name}`) : undefined;
  }
}

function keyOf({ group, kind, namespace, name }: Pick<Entry, 'group' | 'kind' | 'namespace' | 'name'>): string {
  return objectKey(group, kind, namespace, name);
}

function changesOf(before: World, after: World, [old, now]: readonly [Appliers, Appliers]): ObjectChange[] {
  const were = new Map(before.entries().map((entry) => [keyOf(entry), entry]));
  const changes: ObjectChange[] = [];
  const busy = new Set<FluxKustomizationView>();
  for (const entry of after.entries()) {
    const key = keyOf(entry);
    const was = were.get(key);
    were.delete(key);
    const fields = was && (was.object === entry.object ? [] : fieldChanges(was.object, entry.object));
    const applier = now.of(entry);
    if (applier) busy.add(applier);
    const change = new ObjectChange(was, entry, was && old.of(was), applier, fields);
    if (!was || fields!.length > 0 || change.isMoved) changes.push(change);
  }
  for (const was of were.values()) {
    const applier = old.of(was);
    const still = applier && now.named(applier);
    const isLast = still !== undefined && !busy.has(still);
    changes.push(new ObjectChange(was, undefined, applier, undefined, undefined, old.isMadeByHelm(was), still, isLast));
  }
  return changes.sort((a, b) => compareTexts(sortKey(a), sortKey(b)));
}

const sortKey = ({ kind, namespace, name }: ObjectChange): string => `${namespace}\0${name}\0${kind}`;
const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Pairs the clusters of two trees by their names. A cluster that only one of them has is compared with an empty one.
 */
export function diffClusters(
  before: readonly ClusterObjects[],
  after: readonly ClusterObjects[],
  options: DiffOptions = {},
): ClusterDiff[] {
  const names = [...new Set([...before, ...after].map(({ cluster }) => cluster))];
  const of = (clusters: readonly ClusterObjects[], cluster: string | undefined): ClusterObjects => ({
    ...(cluster === undefined ? {} : { cluster }),
    objects: clusters.filter((one) => one.cluster === cluster).flatMap(({ objects }) => objects),
  });
  return names
    .sort((a = '', b = '') => compareTexts(a, b))
    .map((name) => new ClusterDiff(of(before, name), of(after, name), options));
}
