import type { FileSystem } from './file-system';
import { type Operation, replaceFiles } from './replace-files';
import type { Tree } from './scan-tree';
import type { TreeFile } from './staging';

/** How many files a run has touched. */
export interface ReplacedTree {
  readonly written: number;
  readonly removed: number;
  readonly unchanged: number;
}

/**
 * Makes the folder hold these files and nothing else, in one step: what is staged takes its place, what is not among them
 * goes. A folder in which nothing changes is not touched.
 * @param work path of the work folder, whose `new/` holds what is staged
 * @throws the error of the disk that stopped it, with the tree as it was before
 */
export function replaceTree(
  fs: FileSystem,
  { outdir, work }: { readonly outdir: string; readonly work: string },
  tree: Tree,
  files: ReadonlyMap<string, TreeFile>,
): ReplacedTree {
  const present = new Set([...tree.files, ...tree.others]);
  const removed = [...present].filter((file) => !files.has(file));
  const operations: Operation[] = removed.map((file) => ({ path: file }));
  for (const { path: file, staged } of files.values())
    if (staged !== undefined) operations.push({ path: file, staged, isReplacement: present.has(file) });
  if (operations.length > 0) replaceFiles(fs, outdir, work, operations);
  const written = operations.length - removed.length;
  return { written, removed: removed.length, unchanged: files.size - written };
}

/**
 * Files in the tree that are neither known as ours nor hold what is planned for their place: a replacement would lose them.
 * @param known files that an earlier run wrote
 */
export function unknownFiles(tree: Tree, known: ReadonlySet<string>, files: ReadonlyMap<string, TreeFile>): string[] {
  return [...tree.files].filter((file) => {
    if (known.has(file)) return false;
    const ours = files.get(file);
    return ours === undefined || ours.staged !== undefined;
  });
}
