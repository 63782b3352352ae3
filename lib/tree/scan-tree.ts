import { createHash } from 'node:crypto';
import * as path from 'node:path';
import { type FileSystem, tolerate } from './file-system';

/** Files that systems put everywhere: neither ours nor the user's. */
const LITTER = new Set(['.DS_Store', 'Thumbs.db', 'desktop.ini']);

/** What stands in the output folder. Paths are relative to it, with `/`. */
export interface Tree {
  readonly exists: boolean;
  readonly files: ReadonlySet<string>;
  /** Symlinks, sockets, git's own folder: nothing that a synth writes, and never followed. */
  readonly others: readonly string[];
}

/** The output folder's path names a file. */
export class NotAFolder extends Error {}

/** What is in the output folder: files of a tree, and what does not belong there. */
export function scanTree(fs: FileSystem, outdir: string): Tree {
  const files = new Set<string>();
  const others: string[] = [];
  const stat = tolerate(['ENOENT'], () => fs.lstatSync(outdir));
  if (!stat) return { exists: false, files, others };
  if (!stat.isDirectory()) throw new NotAFolder(`${outdir} is not a folder`);
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of fs.readdirSync(path.join(outdir, folder), { withFileTypes: true })) {
      const file = folder + entry.name;
      if (entry.name === '.git') others.push(file);
      else if (entry.isDirectory()) {
        if (file !== '.aviary') folders.push(`${file}/`);
      } else if (!entry.isFile()) others.push(file);
      else if (!LITTER.has(entry.name)) files.add(file);
    }
  }
  return { exists: true, files, others };
}

/** What tells, without reading it, that a file is the one that was written. */
export type Signature = readonly [size: number, mtimeMs: number, ctimeMs: number, ino: number];

/** Undefined where there is none. */
export function signatureOf(fs: FileSystem, file: string): Signature | undefined {
  const stat = tolerate(['ENOENT', 'ENOTDIR'], () => fs.lstatSync(file));
  return stat?.isFile() ? [stat.size, stat.mtimeMs, stat.ctimeMs, stat.ino] : undefined;
}

/** Whether a file is, by its signature, what it was. */
export function isSameSignature(a: Signature | undefined, b: Signature | undefined): boolean {
  return a !== undefined && b !== undefined && a.every((part, index) => part === b[index]);
}

/** Of a file's text; short, as it stands once a file in the cache. */
export function textDigest(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 27);
}
