import type { Catalog } from '../catalog';
import { type Finding, JsonSource } from '../findings';
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

/** Findings that tell a pointer into the catalog, with file, line and column. */
export function placedIn(
  checked: Pick<CheckedCatalog, 'text' | 'file'>,
  findings: readonly Finding[],
): readonly Finding[] {
  let source: JsonSource | undefined;
  return findings.map((finding) => {
    const { file, pointer } = finding.place;
    if (file !== undefined || pointer === undefined) return finding;
    source ??= new JsonSource(checked.text);
    return { ...finding, place: { file: checked.file, ...source.locate(pointer), pointer } };
  });
}

/** Positions in its text. */
export function sourceOf({ text, services }: CheckedCatalog): JsonSource {
  return new JsonSource(text, services && { key: 'services', offsets: services });
}
