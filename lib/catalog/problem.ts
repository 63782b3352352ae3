import type { Edit, Finding, LineColumn, Severity } from '../findings';
import { toPointer } from '../findings';
import type { CatalogCode } from './codes';

/** Keys and indexes from the catalog's root to a value. */
export type Path = readonly (string | number)[];

/** A finding before its place is known: most catalogs have none, and positions cost a second parse. */
export interface Problem {
  readonly code: CatalogCode;
  /** @default 'error' */
  readonly severity?: Severity;
  readonly path: Path;
  /** Offset into the text, for what is not a value of the catalog. */
  readonly offset?: number;
  /** Whether the key is meant, not its value. */
  readonly key?: boolean;
  /** Whether the value is a secret: its line is not to be shown. */
  readonly isSecret?: boolean;
  readonly message: string;
  readonly cause?: string;
  readonly nearest?: string;
  readonly fix: string;
  /** The cure, where it needs no judgement. @default writes the nearest name */
  readonly edits?: readonly ProblemEdit[];
}

/** A change of a value of the catalog (see Edit). */
export type ProblemEdit =
  | { readonly path: Path; readonly value: unknown }
  | { readonly path: Path; readonly remove: true }
  | { readonly path: Path; readonly rename: string };

function editsOf({ path, key, nearest, edits }: Problem): Edit[] {
  const cures: readonly ProblemEdit[] =
    edits ?? (nearest === undefined ? [] : [key ? { path, rename: nearest } : { path, value: nearest }]);
  return cures.map(({ path: at, ...change }) => ({ pointer: toPointer(at.map(String)), ...change }));
}

/** Where the values of a text are written. A catalog of several files, or of YAML, tells file and pointer too. */
export interface Places {
  locate(pointer: string, part: 'value' | 'key'): LineColumn & { readonly file?: string; readonly pointer?: string };
  at(offset: number): LineColumn & { readonly file?: string; readonly pointer?: string };
}

/** Adds places and sorts by them. */
export function problemsToFindings(problems: readonly Problem[], places: Places, file: string): Finding[] {
  if (problems.length === 0) return [];
  const findings = problems.map((problem) => {
    const { code, severity = 'error', path, offset, key, message, cause, nearest, fix, isSecret } = problem;
    const pointer = toPointer(path.map(String));
    const at = offset === undefined ? places.locate(pointer, key ? 'key' : 'value') : places.at(offset);
    const place = { file: at.file ?? file, line: at.line, column: at.column, pointer: at.pointer ?? pointer };
    const edits = editsOf(problem);
    return {
      ...{ code, severity, place, message, cause, nearest, fix },
      ...(isSecret && { isSecret }),
      ...(edits.length > 0 && { edits }),
    } satisfies Finding;
  });
  const files = [...new Set([file, ...findings.map(({ place }) => place.file).sort()])];
  const order = (name: string) => files.indexOf(name);
  return findings.sort(
    (a, b) =>
      order(a.place.file) - order(b.place.file) ||
      a.place.line - b.place.line ||
      a.place.column - b.place.column ||
      (a.code < b.code ? -1 : a.code > b.code ? 1 : 0),
  );
}
