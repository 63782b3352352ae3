import * as path from 'node:path';
import type { Edit, Finding } from '../findings';
import type { FileSystem } from '../tree';
import { readCatalogFile } from './catalog-file';
import type { CatalogContent, CatalogSource, IncludedFrom } from './catalog-texts';

export type { CatalogContent, CatalogSource, IncludedFrom } from './catalog-texts';

/** Reads the files of a catalog, or says why they cannot be read. Nothing but their texts is looked at yet. */
export function readCatalogSource(fs: FileSystem, file: string, name = file): CatalogSource | readonly Finding[] {
  const text = readCatalogFile(fs, file);
  if (typeof text !== 'string') return [{ ...text, place: { ...text.place, file: name } }];
  return sourceOfText(text, name, { fs, folder: path.dirname(file) });
}

/** The same of a text that is at hand. */
export function sourceOfText(text: string, file: string, from?: IncludedFrom): CatalogSource | readonly Finding[] {
  if (isPlainJson(text, file)) return new PlainJson(file, text);
  const { readSplitCatalog } = require('./split-catalog') as typeof import('./split-catalog');
  return readSplitCatalog(text, file, from);
}

/** JSON that stands alone, without comments: what nearly every catalog is, and costs nothing but to read it. */
function isPlainJson(text: string, file: string): boolean {
  return !/\.(?:ya?ml|jsonc)$/i.test(file) && !text.includes('"include"') && !mayHaveComments(text);
}

/** Whether two slashes, or a slash and a star, stand anywhere but in an address. */
function mayHaveComments(text: string): boolean {
  if (text.includes('/*')) return true;
  for (let at = text.indexOf('//'); at >= 0; at = text.indexOf('//', at + 2)) if (text[at - 1] !== ':') return true;
  return false;
}

class PlainJson implements CatalogSource {
  readonly texts: ReadonlyMap<string, string>;

  constructor(
    readonly file: string,
    private readonly text: string,
  ) {
    this.texts = new Map([[file, text]]);
  }

  get fingerprint(): string {
    return this.text;
  }

  content(): CatalogContent {
    return { text: this.text, findings: [] };
  }

  edited(edits: readonly Edit[]): CatalogSource {
    const { editJson } = require('../findings') as typeof import('../findings');
    return new PlainJson(this.file, editJson(this.text, edits));
  }
}
