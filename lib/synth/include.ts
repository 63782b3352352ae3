import * as path from 'node:path';
import { type Finding, JsonSource, type LineColumn, YamlSource } from '../findings';
import { isFields } from '../kube';
import { errorCode, type FileSystem } from '../tree';
import { readCatalogFile } from './catalog-file';
import { formOf } from './catalog-text';
import type { CatalogFile, IncludedFrom } from './catalog-texts';

/** What an included file may be called: others that a pattern matches, such as a README, are none. */
const EXTENSIONS = /\.(?:jsonc?|ya?ml)$/i;
/** More are no services but a mistake: a folder of packages, a disk. */
const MOST_FILES = 10_000;

/** The patterns of `include`; undefined where it is no list of texts. */
export function patternsOf(catalog: unknown): readonly string[] | undefined {
  const list = isFields(catalog) ? catalog.include : undefined;
  return Array.isArray(list) && list.every((one) => typeof one === 'string') ? (list as string[]) : undefined;
}

/** Whether a pattern takes a name; both go from the catalog's folder on. */
export function matchesPattern(pattern: string, name: string): boolean {
  const picomatch = require('picomatch') as typeof import('picomatch');
  return picomatch(path.posix.normalize(pattern))(name);
}

/** The files that a catalog includes: pattern by pattern, those of one in the order of their names, each once. */
export function includedFiles(
  main: CatalogFile,
  patterns: readonly string[],
  from?: IncludedFrom,
): { readonly files: readonly CatalogFile[]; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const files = new Map<string, CatalogFile>();
  for (const [index, pattern] of patterns.entries()) {
    const refuse = (code: string, message: string, fix: string): void => {
      const pointer = `/include/${index}`;
      const place = { file: main.name, ...positionIn(main, pointer), pointer };
      findings.push({ code, severity: 'error', place, message, fix });
    };
    if (!from) {
      refuse(
        'include-finds-nothing',
        'a catalog that is no file has nothing beside it to include',
        'put the services into it',
      );
      continue;
    }
    if (isOutside(pattern)) {
      refuse(
        'include-leaves-folder',
        `${JSON.stringify(pattern)} leads out of the catalog's folder`,
        'name files beside the catalog, or in a folder below, such as services/*.json',
      );
      continue;
    }
    const found = matching(from, pattern);
    if ('link' in found) {
      refuse(
        'include-leaves-folder',
        `${JSON.stringify(pattern)} leads through the symbolic link ${found.link}`,
        'name the folder itself: a link can lead out of the repository',
      );
      continue;
    }
    const names = found.names.filter(
      (name) => path.join(from.folder, name) !== path.join(from.folder, path.basename(main.name)),
    );
    if (names.length === 0)
      refuse(
        'include-finds-nothing',
        `no file matches ${JSON.stringify(pattern)}`,
        'name files of one service each, of JSON or YAML, from the folder of the catalog on; or remove the pattern',
      );
    if (names.length > MOST_FILES)
      refuse(
        'include-finds-too-much',
        `more than ${MOST_FILES} files match ${JSON.stringify(pattern)}`,
        'name the folder of the services',
      );
    else
      for (const name of names) {
        const shown = path.join(path.dirname(main.name), name);
        if (files.has(shown)) continue;
        const text = readCatalogFile(from.fs, path.join(from.folder, name), 'the included file');
        if (typeof text === 'string') files.set(shown, { name: shown, text });
        else findings.push({ ...text, place: { ...text.place, file: shown } });
      }
  }
  return { files: [...files.values()], findings };
}

/** Backslashes are separators on one system and letters on the other: none of them says which. */
const isOutside = (pattern: string): boolean =>
  /^(?:[a-z]:|[\\/])/i.test(pattern) || pattern.split(/[\\/]/).includes('..') || pattern.includes('\\');

/** Names below the catalog's folder, sorted; or the link that stands in the way. */
function matching({ fs, folder }: IncludedFrom, pattern: string): { names: string[] } | { link: string } {
  const picomatch = require('picomatch') as typeof import('picomatch');
  const segments = path.posix.normalize(pattern).split('/');
  const first = segments.findIndex((segment) => picomatch.scan(segment).isGlob);
  const fixed = first < 0 ? segments.slice(0, -1) : segments.slice(0, first);
  for (let depth = 1; depth <= fixed.length; depth++) {
    const name = fixed.slice(0, depth).join('/');
    if (isLink(fs, path.join(folder, name))) return { link: name };
  }
  const isWanted = picomatch(segments.join('/'));
  const most = pattern.includes('**') ? Number.POSITIVE_INFINITY : segments.length - fixed.length;
  const names: string[] = [];
  let link: string | undefined;
  const walk = (below: string, depth: number): void => {
    for (const entry of entriesOf(fs, path.join(folder, below))) {
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      if (link !== undefined || names.length > MOST_FILES) return;
      if (entry.isDirectory()) {
        if (depth < most && entry.name !== 'node_modules' && !entry.name.startsWith('.')) walk(name, depth + 1);
      } else if (entry.isSymbolicLink() && (isWanted(name) || depth < most)) link = name;
      else if (isWanted(name) && EXTENSIONS.test(name)) names.push(name);
    }
  };
  walk(fixed.join('/'), 1);
  return link === undefined ? { names: names.sort() } : { link };
}

function isLink(fs: FileSystem, file: string): boolean {
  try {
    return fs.lstatSync(file).isSymbolicLink();
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return false;
  }
}

function entriesOf(fs: FileSystem, folder: string) {
  try {
    return fs.readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return [];
  }
}

function positionIn({ name, text }: CatalogFile, pointer: string): LineColumn {
  return formOf(name) === 'yaml' ? new YamlSource(text).locate(0, pointer) : new JsonSource(text).locate(pointer);
}
