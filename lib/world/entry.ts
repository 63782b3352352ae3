import type { Place } from '../findings';
import { apiGroup, isClusterScoped, type KubeObject, textAt, textMapAt } from '../kube';

/** An object that goes into the world, with where it was written. */
export interface WorldInput {
  readonly object: KubeObject;
  /**
   * Where the object is written; its `pointer` is put before the pointers of findings. A function is asked for the
   * place of a field (JSON pointer into the object, and that) only when there is something to report.
   */
  readonly place: Place | ((pointer: string, object: KubeObject) => Place);
  /** The manifest's file, where the place is in something else that the manifest is made of. @default that of the place */
  readonly file?: string;
  /** Position among the written objects, where a world holds a part of them. @default the order in which they come */
  readonly order?: number;
  /** The cluster that gets the object; one world is one cluster. */
  readonly cluster?: string;
  /**
   * The Flux Kustomization or the Application of Argo CD that applies it; null: none, as far as the files tell. Where nobody
   * has looked, the path of a Flux Kustomization that holds the file speaks.
   */
  readonly appliedBy?: { readonly kind: string; readonly namespace: string; readonly name: string } | null;
}

/** An object of the cluster as it will be: written by somebody, or made by Flagger from a Canary. */
export interface Entry {
  readonly object: KubeObject;
  readonly group: string;
  readonly kind: string;
  /** `''` for cluster-scoped objects; the default namespace where a namespaced object names none. */
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly cluster?: string | undefined;
  /** The manifest's file; the Canary's for what Flagger makes. */
  readonly file: string;
  /** Position among the written objects, from 0; that of the Canary for what Flagger makes. */
  readonly order: number;
  /** The Canary from which Flagger makes the object; undefined for what somebody wrote. */
  readonly madeBy?: Entry | undefined;
  /** What stands in Git in place of this made object: Flagger takes it over. */
  readonly replaces?: Entry | undefined;
  readonly appliedBy?: WorldInput['appliedBy'];
  /** Nobody wrote its namespace: whoever applies it says where it goes. */
  readonly isNamespaceAssumed: boolean;
  /** Where to look, and at which field (JSON pointer into the object): the Canary for what Flagger makes. */
  place(pointer?: string): Place;
}

/** `Kind namespace/name`, as findings name an object. */
export function describeEntry(entry: Pick<Entry, 'kind' | 'namespace' | 'name'>): string {
  return `${entry.kind} ${entry.namespace === '' ? '' : `${entry.namespace}/`}${entry.name}`;
}

/** Labels or annotations; numbers and booleans, which the API server refuses, are left out. */
type Texts = Readonly<Record<string, string>>;

/** One class with all fields for both kinds of entries: a world has a hundred thousand of them, and rules read them all the time. */
class ObjectEntry implements Entry {
  private ownLabels: Texts | undefined;
  private ownAnnotations: Texts | undefined;

  constructor(
    readonly object: KubeObject,
    readonly group: string,
    readonly kind: string,
    readonly namespace: string,
    readonly name: string,
    readonly cluster: string | undefined,
    readonly file: string,
    readonly order: number,
    private readonly written: WorldInput['place'] | undefined,
    readonly madeBy: Entry | undefined,
    readonly replaces: Entry | undefined,
    readonly appliedBy: WorldInput['appliedBy'],
    readonly isNamespaceAssumed: boolean,
  ) {
    this.ownLabels = undefined;
    this.ownAnnotations = undefined;
  }

  // Nobody asks for those of most objects.
  get labels(): Texts {
    this.ownLabels ??= textMapAt(this.object.metadata, 'labels');
    return this.ownLabels;
  }
  get annotations(): Texts {
    this.ownAnnotations ??= textMapAt(this.object.metadata, 'annotations');
    return this.ownAnnotations;
  }

  place(pointer = ''): Place {
    const { written, cluster } = this;
    if (written === undefined) return this.madeBy!.place();
    return {
      ...(typeof written === 'function'
        ? written(pointer, this.object)
        : { ...written, pointer: `${written.pointer ?? ''}${pointer}` }),
      object: describeEntry(this),
      ...(cluster === undefined ? {} : { cluster }),
    };
  }
}

/** The entry of a written object. */
export function givenEntry(
  { object, place, file, cluster, appliedBy }: WorldInput,
  order: number,
  defaultNamespace: string,
): Entry {
  const kind = textAt(object, 'kind') ?? '';
  const isNamespaced = !isClusterScoped(kind);
  const namespace = textAt(object, 'metadata', 'namespace');
  return new ObjectEntry(
    object,
    apiGroup(textAt(object, 'apiVersion') ?? ''),
    kind,
    isNamespaced ? namespace || defaultNamespace : '',
    textAt(object, 'metadata', 'name') ?? '',
    cluster,
    file ?? (typeof place === 'function' ? place('', object) : place).file ?? '',
    order,
    place,
    undefined,
    undefined,
    appliedBy,
    isNamespaced && !namespace,
  );
}

/** The entry of an object of an API group that Flagger makes: its place is the Canary's. */
export function madeEntry(object: KubeObject, group: string, canary: Entry, replaces?: Entry): Entry {
  return new ObjectEntry(
    object,
    group,
    object.kind,
    canary.namespace,
    object.metadata.name,
    canary.cluster,
    canary.file,
    canary.order,
    undefined,
    canary,
    replaces,
    canary.appliedBy,
    canary.isNamespaceAssumed,
  );
}
