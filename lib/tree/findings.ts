import * as path from 'node:path';
import type { Finding } from '../findings';
import { errorCode } from './file-system';

/** More than this many names help nobody. */
const MAX_LISTED = 20;

/** What the codes of failed calls mean to a person. */
const DISK_REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'the operation is not permitted',
  EBUSY: 'a file is in use',
  EIO: 'the disk failed',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ENOTDIR: 'a part of the path is not a folder',
  ENOENT: 'a folder of the path cannot be made',
  ENAMETOOLONG: 'a name is too long for the file system',
};

/** What went wrong, in words; undefined for an error that is not the disk's. */
export function diskReason(error: unknown): string | undefined {
  return DISK_REASONS[errorCode(error) ?? ''];
}

/** The finding about a folder that cannot be written. */
export function notWritable(outdir: string, reason: string): Finding {
  return {
    code: 'output-not-writable',
    severity: 'error',
    place: { file: outdir },
    message: `the output folder cannot be written: ${reason}`,
    cause: 'Nothing was changed: the tree is replaced as a whole or not at all.',
    fix: 'Make the folder and the one that it lies in writable, with room on the disk, and run the command again',
  };
}

/** Folders that would take the project with them. */
export function refusedOutdir(outdir: string, cwd: string): Finding | undefined {
  const relative = path.relative(outdir, cwd);
  const holdsCwd = relative === '' || !(relative.startsWith('..') || path.isAbsolute(relative));
  if (!holdsCwd) return undefined;
  return {
    code: 'unsafe-output-folder',
    severity: 'error',
    place: { file: outdir },
    message: `the output folder "${outdir}" holds the working directory`,
    cause: 'A synth owns its output folder and removes from it what it did not write.',
    fix: 'Name a folder of its own, such as "dist"',
  };
}

/** One finding for all of them; with force they go, except what belongs to git. */
export function foreignFiles(
  outdir: string,
  files: readonly string[],
  others: readonly string[],
  force: boolean,
): Finding[] {
  const repository = others.filter((file) => file === '.git' || file.endsWith('/.git'));
  if (repository.length > 0) {
    return [
      {
        code: 'foreign-file',
        severity: 'error',
        place: { file: outdir },
        message: `the output folder holds a git repository (${repository.join(', ')})`,
        cause: 'A synth owns its output folder; it never removes a repository, --force or not.',
        fix: 'Name a folder of its own, inside the repository if you like',
      },
    ];
  }
  const foreign = [...files, ...others].sort();
  if (force || foreign.length === 0) return [];
  const listed = foreign.slice(0, MAX_LISTED).join(', ');
  const more = foreign.length > MAX_LISTED ? ` and ${foreign.length - MAX_LISTED} more` : '';
  return [
    {
      code: 'foreign-file',
      severity: 'error',
      place: { file: outdir },
      message: `no synth wrote ${foreign.length === 1 ? 'this file' : `these ${foreign.length} files`} in the output folder: ${listed}${more}`,
      cause: 'The output folder is replaced as a whole, so they would be lost.',
      fix: remedyOf(foreign),
    },
  ];
}

/** A folder with much else in it was most likely named by mistake: nobody shall be led to empty it. */
function remedyOf(foreign: readonly string[]): string {
  if (foreign.length > MAX_LISTED) return 'Name another output folder: this one is full of what is not its own';
  return foreign.every((file) => /^clusters\/.*\.(ya?ml|json)$/.test(file))
    ? 'Move them to a folder that "manifests" of the catalog names: from there they are applied in order and checked; or let them be removed with --force. Charts of your own belong into the AviaryApp of main.ts (docs/extending.md)'
    : 'Move them elsewhere, or let them be removed with --force. Charts of your own belong into the AviaryApp of main.ts (docs/extending.md)';
}
