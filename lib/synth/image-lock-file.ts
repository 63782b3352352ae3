import * as path from 'node:path';
import type { ImageLock } from '../catalog';
import type { Finding } from '../findings';
import { errorCode, type FileSystem } from '../tree';

/** The file beside the catalog, in a repository that holds the catalog and the tree. */
export const LOCK_FILE = 'images.lock.json';

/** Which images run, as a text and read. */
export interface ImageLockFile {
  /** Its text, for fingerprints; empty where there is none. */
  readonly text: string;
  readonly lock?: ImageLock;
  /** Why it cannot be used. */
  readonly findings: readonly Finding[];
}

/**
 * Reads the images that run: of the named file, else of the one beside the catalog, where there is one.
 * @param catalog path of the catalog; none where it is no file
 * @param named path of the lock; one that is named has to be there
 */
export function readImageLock(fs: FileSystem, catalog: string | undefined, named?: string): ImageLockFile {
  const file = named ?? (catalog === undefined ? undefined : path.join(path.dirname(catalog), LOCK_FILE));
  if (file === undefined) return { text: '', findings: [] };
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    if (named === undefined && ['ENOENT', 'ENOTDIR'].includes(code)) return { text: '', findings: [] };
    const message = `the list of images cannot be read (${(error as Error).message})`;
    const fix = 'name a file that can be read in AVIARY_IMAGES, or unset it';
    return { text: '', findings: [{ code: 'invalid-image-lock', severity: 'error', place: { file }, message, fix }] };
  }
  // Loaded only where there is one.
  const { parseImageLock } = require('../catalog') as typeof import('../catalog');
  return { text, ...parseImageLock(text, file) };
}
