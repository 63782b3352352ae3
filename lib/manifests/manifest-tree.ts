import { dirname, resolve, sep } from 'node:path';
import type { Finding } from '../findings';
import type { Disk, Surroundings } from './disk';
import type { ManifestObject } from './manifest-object';
import { type ManifestFile, type Manifests, readManifests } from './read-manifests';

/** The files that were named, by their path without links. */
export class ManifestTree {
  /** Paths in the order in which the files were named; `-` is the standard input. */
  readonly paths: readonly string[];
  /** The innermost folder that holds all files. */
  readonly base: string;
  private readonly files: ReadonlyMap<string, ManifestFile>;
  private readonly folders = new Set<string>();
  private readonly manifests = new Map<string, Manifests>();
  private readonly disk: Disk;

  constructor(files: readonly ManifestFile[], { cwd, disk }: Pick<Surroundings, 'cwd' | 'disk'>) {
    /** A file can be named and be gone, or be the standard input. */
    const realPath = (file: string) =>
      file === '-' ? file : (disk.realPath(resolve(cwd, file)) ?? resolve(cwd, file));
    this.files = new Map(files.map((file) => [realPath(file.file), file]));
    this.paths = [...this.files.keys()];
    this.disk = disk;
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

  realPath(path: string): string | undefined {
    return this.disk.realPath(path);
  }

  content(path: string): Uint8Array | undefined {
    return this.files.get(path)?.content;
  }

  /** The objects of a file, each time the same ones; none of a file that was not named. */
  inputs(path: string): readonly ManifestObject[] {
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
