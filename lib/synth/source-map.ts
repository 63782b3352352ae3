import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import * as path from 'node:path';

interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Of each part of the bundle that was asked for. */
const maps = new Map<string, SourceMap | undefined>();

/** The place in the sources of a place in the bundle; any other place stays as it is. */
export function sourcePosition(position: Position): Position {
  const { AVIARY_BUNDLE: bundle, AVIARY_ROOT: root } = process.env;
  if (bundle === undefined || root === undefined || path.dirname(position.file) !== bundle) return position;
  if (!maps.has(position.file)) maps.set(position.file, read(`${position.file}.map`));
  const entry = maps.get(position.file)?.findEntry(position.line - 1, position.column - 1);
  if (!entry || !('originalSource' in entry)) return position;
  return {
    file: path.resolve(root, entry.originalSource),
    line: entry.originalLine + 1,
    column: entry.originalColumn + 1,
  };
}

/** Without a map, places in the bundle stay what they are. */
function read(file: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}
