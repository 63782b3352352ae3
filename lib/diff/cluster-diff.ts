import { type ClusterObjects, objectKey } from '../kube';
import { buildWorld, type Entry, type FluxKustomizationView, type World, type WorldFacts, worldInputs } from '../world';
import { type FieldChange, fieldChanges } from './field-changes';

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

  constructor(before: ClusterObjects, after: ClusterObjects, { facts = {} }: DiffOptions = {}) {
    this.cluster = after.cluster ?? before.cluster;
    this.before = buildWorld(worldInputs(before), facts);
    this.after = buildWorld(worldInputs(after), facts);
    this.changes = changesOf(this.before, this.after);
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

  /** Whether all of it is new: nothing that runs can suffer. */
  get isNewCluster(): boolean {
    return this.before.entries().length === 0;
  }
}

function keyOf({ group, kind, namespace, name }: Pick<Entry, 'group' | 'kind' | 'namespace' | 'name'>): string {
  return objectKey(group, kind, namespace, name);
}

function changesOf(before: World, after: World): ObjectChange[] {
  const were = new Map(before.entries().map((entry) => [keyOf(entry), entry]));
  const changes: ObjectChange[] = [];
  for (const entry of after.entries()) {
    const key = keyOf(entry);
    const was = were.get(key);
    were.delete(key);
    const fields = was && (was.object === entry.object ? [] : fieldChanges(was.object, entry.object));
    const change = new ObjectChange(
      was,
      entry,
      was && before.kustomizationOf(was),
      after.kustomizationOf(entry),
      fields,
    );
    if (!was || fields!.length > 0 || change.isMoved) changes.push(change);
  }
  for (const was of were.values())
    changes.push(new ObjectChange(was, undefined, before.kustomizationOf(was), undefined));
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
