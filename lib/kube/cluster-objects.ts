import type { KubeObject } from './object';

/** A place in a text, from 1, as far as it is known; `pointer` is a JSON pointer into what the file holds. */
export interface OriginPlace {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly pointer?: string;
}

/** Where an object was written. */
export interface ObjectOrigin {
  /** Path of the file, as the user gave it or below the tree's folder, with `/`. */
  readonly file: string;
  /** Position among the documents of the file, from 0. */
  readonly document: number;
  /** The unit of the engine that made it (`production/apps/cart`); undefined for objects from elsewhere. */
  readonly unit?: string;
  /**
   * Where to look for a field (JSON pointer into the object) when it is not simply there in `file`: the line in the YAML, or
   * the field of the catalog that the object is made of. Asked only when there is something to report.
   */
  readonly place?: (pointer: string) => OriginPlace;
  /** Who applies it (a Kustomization or HelmRelease of Flux, an Application of Argo CD), where that is known; null: nobody. */
  readonly appliedBy?: { readonly kind: string; readonly namespace: string; readonly name: string } | null;
}

/** An object, and where it was written. */
export interface WrittenObject {
  readonly object: KubeObject;
  readonly origin: ObjectOrigin;
}

/**
 * What one cluster holds, wherever it comes from: units of a catalog, somebody's files, a dump, the cluster itself. World,
 * diff, adopt and doctor take it, and do not ask.
 */
export interface ClusterObjects {
  /** Undefined where files are those of one cluster, which nobody has named. */
  readonly cluster?: string;
  readonly objects: readonly WrittenObject[];
}

/** API group, kind, namespace and name in one text: `apps Deployment shop/cart`. Core's group and no namespace are empty. */
export function objectKey(group: string, kind: string, namespace: string, name: string): string {
  return `${group} ${kind} ${namespace}/${name}`;
}
