import type { Edit, Finding } from '../findings';
import type { FileSystem } from '../tree';

/** A catalog as it was read, wherever its parts are written: one file of JSON or YAML, or a file and those that it includes. */
export interface CatalogSource {
  /** Its own file, as findings name it. */
  readonly file: string;
  /** The texts that were read, by the names that findings give the files; the catalog's own first. */
  readonly texts: ReadonlyMap<string, string>;
  /** Another one whenever a text, or the list of files, is another one. */
  readonly fingerprint: string;
  /** The catalog as JSON. Read at the first question. */
  content(): CatalogContent;
  /** The same files with changes of the catalog made in them, and every other character as it was. */
  edited(edits: readonly Edit[]): CatalogSource;
}

/** What the files of a catalog hold. */
export interface CatalogContent {
  /** JSON. Of one file of plain JSON it is the file's text. Without meaning where there are findings. */
  readonly text: string;
  /** Why the files cannot be put together. */
  readonly findings: readonly Finding[];
  /** Where it is written; absent where the text has the places of the file. */
  readonly places?: CatalogPlaces;
}

/** Where a value of a catalog is written. */
export interface CatalogPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Into that file. */
  readonly pointer: string;
}

/** Where a catalog is written that is not one text of JSON. */
export interface CatalogPlaces {
  locate(pointer: string, part?: 'value' | 'key'): CatalogPlace;
  /** Of what has no place of its own. */
  at(offset: number): CatalogPlace;
  partOf(pointer: string): Pick<CatalogPlace, 'file' | 'pointer'>;
}

/** A file of a catalog with its text. */
export interface CatalogFile {
  /** As findings name it. */
  readonly name: string;
  readonly text: string;
}

/** Where the files are that a catalog includes. */
export interface IncludedFrom {
  readonly fs: FileSystem;
  readonly folder: string;
}
