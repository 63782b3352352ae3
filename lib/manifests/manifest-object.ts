import type { Place } from '../findings';
import type { KubeObject } from '../kube';

/** Who applies an object: a Kustomization of Flux, or an Application of Argo CD. */
export interface Applier {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** An object that somebody wrote, and where. */
export interface ManifestObject {
  readonly object: KubeObject;
  /** The place of a field, by a JSON pointer into the object: asked only when there is something to report. */
  place(pointer: string, object: KubeObject): Place;
  /** The manifest's file, where the place is in something else that the manifest is made of. @default that of the place */
  readonly file?: string;
  /** The cluster that gets the object. */
  readonly cluster?: string;
  /** Who applies it; null: nobody that the files know of. */
  readonly appliedBy?: Applier | null;
}
