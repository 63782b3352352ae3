import type { Catalog } from '../catalog';
import { type Finding, JsonSource } from '../findings';
import type { CatalogPlaces } from './catalog-texts';
import type { ReadRawManifests } from './raw-manifests';

export type { CatalogPlace, CatalogPlaces } from './catalog-texts';

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
  /** Where it is written, where that is not the text. */
  readonly places?: CatalogPlaces | undefined;
}

/** Findings that tell a pointer into the catalog, with file, line and column. */
export function placedIn(
  checked: Pick<CheckedCatalog, 'text' | 'file' | 'places'>,
  findings: readonly Finding[],
): readonly Finding[] {
  let places: ReturnType<typeof placesOf> | undefined;
  return findings.map((finding) => {
    const { file, pointer } = finding.place;
    if (file !== undefined || pointer === undefined) return finding;
    places ??= placesOf(checked);
    return { ...finding, place: places.locate(pointer) };
  });
}

/** Positions of what it says. */
export function placesOf({
  text,
  services,
  file,
  places,
}: Pick<CheckedCatalog, 'text' | 'services' | 'file' | 'places'>): Pick<CatalogPlaces, 'locate'> {
  if (places) return places;
  const source = new JsonSource(text, services && { key: 'services', offsets: services });
  return { locate: (pointer) => ({ file, ...source.locate(pointer), pointer }) };
}
