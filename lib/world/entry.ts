import type { Place } from '../findings';
import { apiGroup, type KubeObject, textAt, textMapAt } from '../kube';

/** An object that goes into the world, with where it was written. */
export interface WorldInput {
  readonly object: KubeObject;
  /**
   * Where the object is written; its `pointer` is put before the pointers of findings. A function is asked for the
   * place of a field (JSON pointer into the object) only when there is something to report.
   */
  readonly place: Place | ((pointer: string) => Place);
  /** The manifest's file, where the place is in something else that the manifest is made of. @default that of the place */
  readonly file?: string;
  /** Position among the written objects, where a world holds a part of them. @default the order in which they come */
  readonly order?: number;
  /** The cluster that gets the object; one world is one cluster. */
  readonly cluster?: string;
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
  readonly cluster?: string;
  /** The manifest's file; the Canary's for what Flagger makes. */
  readonly file: string;
  /** Position among the written objects, from 0; that of the Canary for what Flagger makes. */
  readonly order: number;
  /** The Canary from which Flagger makes the object; undefined for what somebody wrote. */
  readonly madeBy?: Entry;
  /** What stands in Git in place of this made object: Flagger takes it over. */
  readonly replaces?: Entry;
  /** Where to look, and at which field (JSON pointer into the object): the Canary for what Flagger makes. */
  place(pointer?: string): Place;
}

/** Kinds without a namespace, as far as manifests around Flagger and Flux hold them. */
const clusterScoped = new Set(
  (
    'Namespace Node PersistentVolume ClusterRole ClusterRoleBinding CustomResourceDefinition StorageClass PriorityClass IngressClass ' +
    'GatewayClass APIService ValidatingWebhookConfiguration MutatingWebhookConfiguration ValidatingAdmissionPolicy ' +
    'ValidatingAdmissionPolicyBinding ClusterIssuer ClusterPolicy ClusterSecretStore ClusterExternalSecret RuntimeClass CSIDriver'
  ).split(' '),
);

/** `Kind namespace/name`, as findings name an object. */
export function describeEntry(entry: Pick<Entry, 'kind' | 'namespace' | 'name'>): string {
  return `${entry.kind} ${entry.namespace === '' ? '' : `${entry.namespace}/`}${entry.name}`;
}

/** The object's labels or annotations; numbers and booleans, which the API server refuses, are left out. */
function texts(object: KubeObject, field: 'labels' | 'annotations'): Readonly<Record<string, string>> {
  return textMapAt(object, 'metadata', field);
}

/** The entry of a written object. */
export function givenEntry(input: WorldInput, order: number, defaultNamespace: string): Entry {
  const { object, place, file, cluster } = input;
  const kind = textAt(object, 'kind') ?? '';
  const entry: Entry = {
    object,
    group: apiGroup(textAt(object, 'apiVersion') ?? ''),
    kind,
    namespace: clusterScoped.has(kind) ? '' : textAt(object, 'metadata', 'namespace') || defaultNamespace,
    name: textAt(object, 'metadata', 'name') ?? '',
    labels: texts(object, 'labels'),
    annotations: texts(object, 'annotations'),
    ...(cluster === undefined ? {} : { cluster }),
    file: file ?? (typeof place === 'function' ? place('') : place).file ?? '',
    order,
    place: (pointer = '') => ({
      ...(typeof place === 'function' ? place(pointer) : { ...place, pointer: `${place.pointer ?? ''}${pointer}` }),
      object: describeEntry(entry),
      ...(cluster === undefined ? {} : { cluster }),
    }),
  };
  return entry;
}

/** The entry of an object that Flagger makes: its place is the Canary's. */
export function madeEntry(object: KubeObject, canary: Entry, replaces?: Entry): Entry {
  return {
    object,
    group: apiGroup(object.apiVersion),
    kind: object.kind,
    namespace: canary.namespace,
    name: object.metadata.name,
    labels: texts(object, 'labels'),
    annotations: texts(object, 'annotations'),
    ...(canary.cluster === undefined ? {} : { cluster: canary.cluster }),
    file: canary.file,
    order: canary.order,
    madeBy: canary,
    ...(replaces ? { replaces } : {}),
    place: () => canary.place(),
  };
}
