import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
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
  private readonly byFile: ReadonlyMap<string, string>;
  private readonly disk: Disk;

  constructor(files: readonly ManifestFile[], { cwd, disk }: Pick<Surroundings, 'cwd' | 'disk'>) {
    /** A file can be named and be gone, or be the standard input. */
    const realPath = (file: string) =>
      file === '-' ? file : (disk.realPath(resolve(cwd, file)) ?? resolve(cwd, file));
    this.files = new Map(files.map((file) => [realPath(file.file), file]));
    this.paths = [...this.files.keys()];
    this.byFile = new Map([...this.files].map(([path, { file }]) => [file, path]));
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

  /** The folders that hold files that were named. */
  folderPaths(): Iterable<string> {
    return this.folders;
  }

  realPath(path: string): string | undefined {
    return this.disk.realPath(path);
  }

  /** The file as the user named it. */
  fileOf(path: string): string | undefined {
    return this.files.get(path)?.file;
  }

  /** The path of a file that findings name. */
  pathOf(file: string): string | undefined {
    return this.byFile.get(file);
  }

  content(path: string): Uint8Array | undefined {
    return this.files.get(path)?.content;
  }

  /** Whether the text of a file holds the words as they stand. */
  mentions(path: string, words: string | RegExp): boolean {
    const content = this.content(path);
    if (!content) return false;
    const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
    return typeof words === 'string' ? text.includes(words) : words.test(text.toString('latin1'));
  }

  /** The objects of a file, each time the same ones; none of a file that was not named. */
  inputs(path: string): readonly ManifestObject[] {
    return this.read(path).inputs;
  }

  findings(path: string): readonly Finding[] {
    return this.read(path).findings;
  }

  /** Whether the text is another tool's. */
  isForeign(path: string): boolean {
    return (this.read(path).foreign?.length ?? 0) > 0;
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

/** The path as findings show it: from where the user stands when it lies below, else whole. */
export function shownPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short === '' || short.startsWith('..') || isAbsolute(short) ? path : short;
}

/** The folders from the outermost one to the folder itself. */
export function foldersAround(folder: string): string[] {
  const around = [folder];
  while (dirname(around[0]!) !== around[0]) around.unshift(dirname(around[0]!));
  return around;
}

/** A path without `.` and without slashes at its ends. */
export function plainPath(path: string): string {
  return path
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .join('/');
}

/**
 * The folder of the tree at a path that starts at the root of the repository, which is some folder around `from`: the one that
 * was given, where it fits (a repository `apps` may hold a folder `apps`), else the outermost one that does. A part of the path that nobody knows (`${CLUSTER}`) fits every name.
 */
export function foldersAt(path: string, from: string, tree: ManifestTree): string[] {
  const parts = plainPath(path);
  if (parts === '') return [];
  const isOpen = parts.includes('${');
  const around = foldersAround(from);
  for (const root of around.includes(tree.base) ? [tree.base, ...around] : around) {
    if (isOpen) {
      const pattern = new RegExp(
        `^${parts
          .split('/')
          .map((part) => part.replace(/[.*+?^()|[\]\\]/g, '\\$&').replace(/\$\{[^}]*\}/g, '[^/]+'))
          .join('/')}$`,
      );
      const found = [...tree.folderPaths()].filter(
        (folder) => isWithin(folder, root) && pattern.test(relative(root, folder).split(sep).join('/')),
      );
      if (found.length > 0) return found.sort();
      continue;
    }
    const folder = tree.realPath(join(root, parts));
    if (folder !== undefined && tree.holdsFolder(folder)) return [folder];
  }
  return [];
}
