import type { Finding } from '../findings';

/** How a file of a catalog is written. */
export type CatalogForm = 'json' | 'jsonc' | 'yaml';

/** By its name. */
export function formOf(file: string): CatalogForm {
  if (/\.ya?ml$/i.test(file)) return 'yaml';
  return /\.jsonc$/i.test(file) ? 'jsonc' : 'json';
}

/** What a file of a catalog holds. */
export interface CatalogValue {
  /** Plain data; undefined where it cannot be read. */
  readonly value?: unknown;
  /** The text as plain JSON, each character in its place; undefined of YAML. */
  readonly json?: string;
  readonly findings: readonly Finding[];
}

/** Reads JSON, JSON with comments or YAML. */
export function readCatalogValue(text: string, file: string): CatalogValue {
  const form = formOf(file);
  if (form === 'yaml') return readYaml(text, file);
  const { readCatalogJson } = require('../catalog') as typeof import('../catalog');
  const json = withoutComments(text, form === 'jsonc');
  return { ...readCatalogJson(json, file), json };
}

/** What jsonc-parser's scanner calls what it meets: its enum is known to the compiler only. */
const TOKEN = {
  closeBrace: 2,
  closeBracket: 4,
  comma: 5,
  lineComment: 12,
  blockComment: 13,
  lineBreak: 14,
  blanks: 15,
  end: 17,
};

/** Blanks in the place of comments and, if asked, of commas before a closing bracket: every other character stays where it is. */
export function withoutComments(text: string, commas = false): string {
  const { createScanner } = require('jsonc-parser') as typeof import('jsonc-parser');
  const scanner = createScanner(text, false);
  const next = (): number => scanner.scan();
  const blanks: (readonly [from: number, to: number])[] = [];
  let comma: number | undefined;
  for (let token = next(); token !== TOKEN.end; token = next()) {
    const offset = scanner.getTokenOffset();
    if (token === TOKEN.lineComment || token === TOKEN.blockComment) {
      // One that does not end stays, and is an error.
      if (scanner.getTokenError() === 0) blanks.push([offset, offset + scanner.getTokenLength()]);
    } else if (token === TOKEN.comma) comma = offset;
    else if (token !== TOKEN.lineBreak && token !== TOKEN.blanks) {
      const isClosing = token === TOKEN.closeBrace || token === TOKEN.closeBracket;
      if (commas && isClosing && comma !== undefined) blanks.push([comma, comma + 1]);
      comma = undefined;
    }
  }
  const parts: string[] = [];
  let end = 0;
  for (const [from, to] of blanks.sort((a, b) => a[0] - b[0])) {
    parts.push(text.slice(end, from), text.slice(from, to).replace(/[^\r\n]/g, ' '));
    end = to;
  }
  return parts.join('') + text.slice(end);
}

function readYaml(text: string, file: string): CatalogValue {
  const { readPlainYaml } = require('../manifests') as typeof import('../manifests');
  const plain = readPlainYaml(text);
  if (plain?.length === 1 && plain[0] !== null && plain[0] !== undefined) return { value: plain[0], findings: [] };
  return readUnusualYaml(text, file);
}

/** By the parser that knows anchors, merge keys and positions, and tells what is the matter. */
function readUnusualYaml(text: string, file: string): CatalogValue {
  const { LineCounter, parseAllDocuments } = require('yaml') as typeof import('yaml');
  const lines = new LineCounter();
  const refuse = (code: string, offset: number, message: string, fix: string): CatalogValue => {
    const { line, col } = lines.linePos(offset);
    const place = { file, line: Math.max(line, 1), column: line === 0 ? 1 : col, pointer: '' };
    return { findings: [{ code, severity: 'error', place, message, fix }] };
  };
  const parsed = parseAllDocuments(text, { lineCounter: lines, logLevel: 'silent', prettyErrors: false, merge: true });
  const documents = Array.isArray(parsed) ? parsed : [];
  const isEmpty = documents.every(
    ({ contents, errors }) => errors.length === 0 && contents?.range?.[0] === contents?.range?.[1],
  );
  if (isEmpty)
    return refuse('empty-catalog', 0, `${file} is empty`, 'write the fields of the catalog, or of one service');
  const error = documents.flatMap(({ errors }) => errors)[0];
  if (error?.code === 'DUPLICATE_KEY') {
    const key = /^[^\s:#,[\]{}]+/.exec(text.slice(error.pos[0]))?.[0] ?? '';
    return refuse('duplicate-key', error.pos[0], `the key "${key}" stands twice in one object`, 'keep one of them');
  }
  if (error)
    return refuse(
      'not-yaml',
      error.pos[0],
      `the file is not YAML: ${error.message}`,
      'mend it at this place; an editor with YAML support shows it',
    );
  if (documents.length > 1)
    return refuse(
      'not-yaml',
      documents[1]!.range?.[0] ?? 0,
      'a second document begins here, and one file holds one',
      'put it into a file of its own, and name that in "include"',
    );
  try {
    return { value: documents[0]!.toJS({ maxAliasCount: 1000 }), findings: [] };
  } catch (problem) {
    // An alias without an anchor, or a bomb of aliases.
    return refuse('not-yaml', 0, `the file is not YAML: ${(problem as Error).message}`, 'write the values out');
  }
}
