import * as path from 'node:path';
import type { FileSystem } from './file-system';
import { tolerate } from './file-system';

/** What is wrong with a chart's path; undefined when it names a file below the output folder on every system. */
export function outPathError(file: string): string | undefined {
  if (file === '') return 'is empty';
  if (file.startsWith('/') || /^[A-Za-z]:/.test(file)) return 'is absolute';
  if (file.includes('\\')) return 'has a backslash; folders are separated by "/"';
  if (file.includes('\0')) return 'has a NUL character';
  if (file.split('/').some((part) => part === '..')) return 'leaves the output folder by ".."';
  if (file.split('/').some((part) => part === '' || part === '.')) return 'has an empty part or "."';
  return undefined;
}

/** The output folder as the disk knows it: symlinks on the way to it are followed, none below it. */
export function realOutdir(fs: FileSystem, outdir: string): string {
  const absolute = path.resolve(outdir);
  const real = tolerate(['ENOENT'], () => fs.realpathSync(absolute));
  if (real !== undefined) return real;
  const parent = path.dirname(absolute);
  return parent === absolute ? absolute : path.join(realOutdir(fs, parent), path.basename(absolute));
}
