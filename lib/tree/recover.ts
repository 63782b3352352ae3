import type { Finding } from '../findings';
import { type FileSystem, realFileSystem } from './file-system';
import { diskReason, notWritable } from './findings';
import { realOutdir } from './out-path';
import { recoverFiles } from './replace-files';
import { NotAFolder } from './scan-tree';
import { OutputFolderBusy, WorkFolder } from './work-folder';

/**
 * The folder beside a tree that only one run can have, with everything finished or undone that a killed run left.
 * @param outdir as `realOutdir` gives it
 * @throws OutputFolderBusy when another run does not end
 */
export function acquireWorkFolder(fs: FileSystem, outdir: string): WorkFolder {
  return WorkFolder.acquire(fs, outdir, (folder) => recoverFiles(fs, folder));
}

/** Finishes or undoes what a killed run left, and nothing else. */
export function recover(outdir: string, fs: FileSystem = realFileSystem): void {
  acquireWorkFolder(fs, realOutdir(fs, outdir)).release();
}

/** The finding of an error of the disk, or of a folder that cannot be had; undefined for any other error. */
export function diskFinding(error: unknown, outdir: string): Finding | undefined {
  if (error instanceof OutputFolderBusy || error instanceof NotAFolder) return notWritable(outdir, error.message);
  const reason = diskReason(error);
  return reason === undefined ? undefined : notWritable(outdir, `${reason} (${(error as Error).message})`);
}
