import { createHash } from 'node:crypto';
import { type Edit, type Finding, fromPointer, JsonSource, type LineColumn, toPointer, YamlSource } from '../findings';
import { isFields } from '../kube';
import { type CatalogForm, formOf, readCatalogValue } from './catalog-text';
import type {
  CatalogContent,
  CatalogFile,
  CatalogPlace,
  CatalogPlaces,
  CatalogSource,
  IncludedFrom,
} from './catalog-texts';
import { includedFiles, matchesPattern, patternsOf } from './include';

/** Reads what a catalog includes. @param from where it lies; without it a catalog that includes something is refused */
export function readSplitCatalog(text: string, file: string, from?: IncludedFrom): CatalogSource | readonly Finding[] {
  const main = { name: file, text };
  const { value } = readCatalogValue(text, file);
  const patterns = patternsOf(value);
  // What is wrong with the list itself, the schema says.
  if (patterns === undefined || patterns.length === 0) return new SplitCatalog([main]);
  const { files, findings } = includedFiles(main, patterns, from);
  return findings.length > 0 ? findings : new SplitCatalog([main, ...files]);
}

/** Where a catalog includes its services from: the file that a new one would get, where a pattern takes it. */
export function fileOfNewService(text: string, file: string, service: string): string | undefined {
  const patterns = patternsOf(readCatalogValue(text, file).value) ?? [];
  const names = patterns.flatMap((pattern) => {
    const folder = pattern.slice(0, pattern.lastIndexOf('/') + 1);
    return /[*?[{(]/.test(folder) ? [] : EXTENSIONS.map((extension) => `${folder}${service}${extension}`);
  });
  return names.find((name) => patterns.some((pattern) => matchesPattern(pattern, name)));
}

/** In this order they are asked for. */
const EXTENSIONS = ['.json', '.yaml', '.yml', '.jsonc'];

/** Whether a catalog's text includes a file. */
export function includes(text: string, file: string): (name: string) => boolean {
  const patterns = patternsOf(readCatalogValue(text, file).value) ?? [];
  return (name) => patterns.some((pattern) => matchesPattern(pattern, name));
}

/** A catalog of one or several files, of which at least one is no plain JSON. */
class SplitCatalog implements CatalogSource {
  readonly file: string;
  readonly texts: ReadonlyMap<string, string>;
  private read: CatalogContent | undefined;

  /** @param files the catalog's own first, then one a service */
  constructor(private readonly files: readonly CatalogFile[]) {
    this.file = files[0]!.name;
    this.texts = new Map(files.map(({ name, text }) => [name, text]));
  }

  get fingerprint(): string {
    const hash = createHash('sha256');
    for (const { name, text } of this.files) hash.update(`${name.length} ${text.length} ${name}`).update(text);
    return hash.digest('base64url');
  }

  content(): CatalogContent {
    this.read ??= assembled(this.files);
    return this.read;
  }

  edited(edits: readonly Edit[]): CatalogSource {
    const { editJson, editYaml } = require('../findings') as typeof import('../findings');
    const { places } = this.content();
    const byFile = new Map<string, Edit[]>();
    for (const edit of edits) {
      const { file, pointer } = places ? places.partOf(edit.pointer) : { file: this.file, pointer: edit.pointer };
      byFile.set(file, [...(byFile.get(file) ?? []), { ...edit, pointer }]);
    }
    return new SplitCatalog(
      this.files.map(({ name, text }) => {
        const own = byFile.get(name);
        return { name, text: own ? (formOf(name) === 'yaml' ? editYaml : editJson)(text, own) : text };
      }),
    );
  }
}

function assembled(files: readonly CatalogFile[]): CatalogContent {
  const [main, ...parts] = files as [CatalogFile, ...CatalogFile[]];
  const { value, json, findings } = readCatalogValue(main.text, main.name);
  // Comments are blank there, so each place is that of the file; what is wrong is said with all else.
  if (json !== undefined && parts.length === 0) return { text: json, findings: [] };
  if (findings.length > 0) return { text: '', findings };
  const own = isFields(value) && Array.isArray(value.services) ? value.services : [];
  const places = new SplitPlaces(main, parts, own.length);
  if (parts.length === 0) return { text: JSON.stringify(value), findings: [], places };
  const read = parts.map(readService);
  const wrong = read.flatMap((one) => one.findings);
  if (wrong.length > 0) return { text: '', findings: wrong };
  const services = [...own, ...read.map((one) => one.service)];
  return { text: JSON.stringify({ ...(value as object), services }), findings: [], places };
}

/** The service that a file holds, without what is meant for editors. */
function readService({ name, text }: CatalogFile): {
  readonly service?: unknown;
  readonly findings: readonly Finding[];
} {
  const { value, findings } = readCatalogValue(text, name);
  if (findings.length > 0) return { findings };
  if (!isFields(value) || 'services' in value || 'platform' in value) {
    const isCatalog = isFields(value);
    return {
      findings: [
        {
          code: 'include-no-service',
          severity: 'error',
          place: { file: name, line: 1, column: 1, pointer: '' },
          message: `the catalog includes this file, and it holds ${isCatalog ? 'a catalog' : 'no object'}, not a service`,
          fix: 'write one service into it, with its name, image and so on; or leave the file out of "include"',
        },
      ],
    };
  }
  const { $schema: _, ...service } = value;
  return { service, findings: [] };
}

type Source = { locate(pointer: string, part: 'value' | 'key'): LineColumn };

/** Which file a place of the whole catalog is in, and where. */
class SplitPlaces implements CatalogPlaces {
  private readonly sources = new Map<string, Source>();

  /** @param own services that stand in the catalog's own file: the first ones */
  constructor(
    private readonly main: CatalogFile,
    private readonly parts: readonly CatalogFile[],
    private readonly own: number,
  ) {}

  locate(pointer: string, part: 'value' | 'key' = 'value'): CatalogPlace {
    const at = this.partOf(pointer);
    const { line, column } = this.sourceOf(at.file).locate(at.pointer, part);
    return { file: at.file, line, column, pointer: at.pointer };
  }

  at(): CatalogPlace {
    return { file: this.main.name, line: 1, column: 1, pointer: '' };
  }

  partOf(pointer: string): { readonly file: string; readonly pointer: string } {
    const [list, index, ...rest] = fromPointer(pointer);
    const part = list === 'services' && index !== undefined ? this.parts[Number(index) - this.own] : undefined;
    if (part) return { file: part.name, pointer: toPointer(rest) };
    // All of them stand in files: the list of these is what there is to see.
    const isElsewhere = list === 'services' && this.own === 0 && this.parts.length > 0;
    return { file: this.main.name, pointer: isElsewhere ? '/include' : pointer };
  }

  private sourceOf(file: string): Source {
    const known = this.sources.get(file);
    if (known) return known;
    const { text } = [this.main, ...this.parts].find(({ name }) => name === file)!;
    const source = sourceOf(text, formOf(file));
    this.sources.set(file, source);
    return source;
  }
}

function sourceOf(text: string, form: CatalogForm): Source {
  if (form !== 'yaml') return new JsonSource(text);
  const source = new YamlSource(text);
  return { locate: (pointer, part) => source.locate(0, pointer, part) };
}
