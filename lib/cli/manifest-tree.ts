import { realpathSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import type { Finding } from '../findings';
import { type ManifestFile, type Manifests, readManifests } from '../preflight';
import type { WorldInput } from '../world';

/** The files that were named, by their path without links. */
export class ManifestTree {
  /** Paths in the order in which the files were named; `-` is the standard input. */
  readonly paths: readonly string[];
  /** The innermost folder that holds all files. */
  readonly base: string;
  private readonly files: ReadonlyMap<string, ManifestFile>;
  private readonly folders = new Set<string>();
  private readonly manifests = new Map<string, Manifests>();

  constructor(files: readonly ManifestFile[], cwd: string) {
    this.files = new Map(files.map((file) => [realPath(file.file, cwd), file]));
    this.paths = [...this.files.keys()];
    const [first, ...rest] = this.paths.filter((path) => path !== '-').map((path) => dirname(path));
    let base = first ?? cwd;
    for (const folder of rest) while (!isWithin(folder, base)) base = dirname(base);
    this.base = base;
    for (const path of this.paths)
      for (let folder = dirname(path); !this.folders.has(folder); folder = dirname(folder)) this.folders.add(folder);
  }

  /** Whether a file that was named lies in the folder or below it. */
  holdsFolder(folder: string): boolean {
    return this.folders.has(folder);
  }

  content(path: string): Uint8Array | undefined {
    return this.files.get(path)?.content;
  }

  /** The objects of a file, each time the same ones; none of a file that was not named. */
  inputs(path: string): readonly WorldInput[] {
    return this.read(path).inputs;
  }

  findings(path: string): readonly Finding[] {
    return this.read(path).findings;
  }

  private read(path: string): Manifests {
    const known = this.manifests.get(path);
    if (known) return known;
    const file = this.files.get(path);
    const read = readManifests(file ? [file] : []);
    this.manifests.set(path, read);
    return read;
  }
}

/** Whether a path is the folder or lies below it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}

/** A file can be named and be gone, or be the standard input. */
function realPath(file: string, cwd: string): string {
  if (file === '-') return file;
  const path = resolve(cwd, file);
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
