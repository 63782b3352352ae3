import type { Catalog } from '../catalog';
import { JsonSource } from '../findings';
import type { ReadRawManifests } from './raw-manifests';

/** The catalog that the objects come from: findings are shown there. */
export interface CheckedCatalog {
  readonly catalog: Catalog;
  readonly text: string;
  /** Where the services stand in the text, as `loadCatalog` gives it (`SoundText`); without it all is checked. */
  readonly services?: readonly number[];
  /** Somebody's own manifests, which the catalog names. */
  readonly raw?: ReadRawManifests;
  /** As findings shall name it. */
  readonly file: string;
}

/** Positions in its text. */
export function sourceOf({ text, services }: CheckedCatalog): JsonSource {
  return new JsonSource(text, services && { key: 'services', offsets: services });
}
