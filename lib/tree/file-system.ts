import * as fs from 'node:fs';

/** What the engine asks of the disk; a test hands in one that fills up or dies at a given call. */
export type FileSystem = Pick<
  typeof fs,
  | 'closeSync'
  | 'existsSync'
  | 'linkSync'
  | 'lstatSync'
  | 'mkdirSync'
  | 'openSync'
  | 'readdirSync'
  | 'readFileSync'
  | 'readSync'
  | 'realpathSync'
  | 'renameSync'
  | 'rmdirSync'
  | 'rmSync'
  | 'unlinkSync'
  | 'writeFileSync'
  | 'writeSync'
>;

/** The disk itself. */
export const realFileSystem: FileSystem = fs;

/** The code of a failed call (`ENOENT`), undefined for any other error. */
export function errorCode(error: unknown): string | undefined {
  // Not `instanceof Error`: an error of node's own may come from another realm, as under jest.
  const code = typeof error === 'object' && error !== null ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Runs it; an error of one of the codes becomes undefined. */
export function tolerate<T>(codes: readonly string[], run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (codes.includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}
