import { readdirSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import type { Finding } from '../findings';
import type { ManifestFile } from '../manifests';

/** The files that were named, read, and what is wrong with the rest. */
export interface ManifestFiles {
  readonly files: readonly ManifestFile[];
  /** Paths that cannot be read. */
  readonly findings: readonly Finding[];
}

/** Where paths begin, and how large a file may be. */
export interface ReadOptions {
  /** Relative paths start here. */
  readonly cwd: string;
  /** Files above this are not read. */
  readonly largestBytes: number;
  /** What is said of a larger file. */
  readonly tooLarge: (bytes: number) => Omit<Finding, 'place'>;
}

/** Folders that hold no manifests of the project. */
const skipped = new Set(['.git', '.github', '.gitlab', '.circleci', '.terraform', '.venv', 'node_modules', 'testdata']);

/**
 * Reads the files at the paths: a file whatever its name is, of a folder every `.yaml`, `.yml` and `Kustomization` below it, in the order of their
 * names. Links are followed; a folder that is reached twice is read once, so that a loop of links ends.
 */
export function readManifestFiles(paths: readonly string[], options: ReadOptions): ManifestFiles {
  const files: ManifestFile[] = [];
  const findings: Finding[] = [];
  const seen = new Set<string>();
  const complain = (file: string, error: unknown) => findings.push(unreadable(file, error));

  const readOne = (file: string, stats: Stats, isNamed: boolean) => {
    if (stats.size > options.largestBytes) {
      findings.push({ ...options.tooLarge(stats.size), place: { file } });
      return;
    }
    try {
      const content = readFileSync(resolve(options.cwd, file));
      files.push({ file, content, ...(isNamed ? { isNamed } : {}) });
    } catch (error) {
      complain(file, error);
    }
  };
  const readFolder = (folder: string) => {
    const real = realpathSync(resolve(options.cwd, folder));
    if (seen.has(real)) return;
    seen.add(real);
    for (const name of readdirSync(real).sort()) if (!skipped.has(name)) visit(join(folder, name), false);
  };
  const visit = (path: string, isNamed: boolean) => {
    try {
      const stats = statSync(resolve(options.cwd, path));
      if (stats.isDirectory()) readFolder(path);
      else if (!stats.isFile()) {
        if (isNamed) complain(path, new Error('is no file and no folder'));
      } else if (isNamed || isManifest(path)) readOne(path, stats, isNamed);
    } catch (error) {
      // A dangling link to something that is no manifest is nobody's concern.
      if (isNamed || isManifest(path) || errorCode(error) !== 'ENOENT') complain(path, error);
    }
  };
  for (const path of paths) visit(fromHere(path, options.cwd), true);
  return { files, findings };
}

/** A path that lies below the working directory as it looks from there, however it was written. */
function fromHere(path: string, cwd: string): string {
  const short = isAbsolute(path) ? relative(cwd, path) : path;
  return short === '' ? '.' : short.startsWith('..') && short !== path ? path : short;
}

const isManifest = (path: string): boolean => /\.ya?ml$|(^|[/\\])Kustomization$/i.test(path);

function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'reading it is not permitted',
  EPERM: 'reading it is not permitted',
  ELOOP: 'it is a link that leads to itself',
};

function unreadable(file: string, error: unknown): Finding {
  const reason = reasons[errorCode(error) ?? ''] ?? (error instanceof Error ? error.message : String(error));
  return {
    code: 'manifest-unreadable',
    severity: 'error',
    place: { file },
    message: `${file} cannot be read: ${reason}`,
    cause: 'what cannot be read cannot be checked',
    fix: 'name a file or folder that can be read, or - for the standard input',
    docs: 'docs/rules/manifest-unreadable.md',
  };
}
