import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { CheckedOutTree } from './git-tree';
import type { Io } from './io';

/**
 * The tree that a commit, or a folder, holds: with what `--base` compares. A folder of that name is taken for the folder.
 * @param folder where the tree stands in a commit: the output folder, which need not be there
 * @throws UsageError neither a folder nor a commit
 */
export async function baseTree(base: string, folder: string, io: Io): Promise<CheckedOutTree> {
  const named = resolve(io.cwd, base);
  if (existsSync(named) && statSync(named).isDirectory()) return { folder: named, name: base, remove: () => undefined };
  const { treeOfRef } = require('./git-tree') as typeof import('./git-tree');
  const at = resolve(io.cwd, folder);
  // Its folder may be gone, or not yet made: git is asked from the nearest one that is there.
  let present = at;
  while (!existsSync(present)) present = dirname(present);
  const tree = await treeOfRef(base, present, io);
  return { ...tree, folder: join(tree.folder, relative(present, at)) };
}
