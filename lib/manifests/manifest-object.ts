import type { Place } from '../findings';
import type { KubeObject } from '../kube';

/** An object that somebody wrote, and where. */
export interface ManifestObject {
  readonly object: KubeObject;
  /** The place of a field, by a JSON pointer into the object: asked only when there is something to report. */
  place(pointer: string, object: KubeObject): Place;
  /** The manifest's file, where the place is in something else that the manifest is made of. @default that of the place */
  readonly file?: string;
  /** The cluster that gets the object. */
  readonly cluster?: string;
}
