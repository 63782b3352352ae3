import * as path from 'node:path';
import { type FileSystem, type Operation, replaceFiles, scanTree, type WorkFolder } from '../tree';
import type { LastRun } from './last-run';

/**
 * Puts the last tree back when the output folder is gone.
 * @returns how many files it has; undefined where there was nothing to do
 */
export function restoreTree(fs: FileSystem, outdir: string, work: WorkFolder, last: LastRun): number | undefined {
  const { state, cache } = last;
  if (!state || !cache || scanTree(fs, outdir).files.size > 0) return undefined;
  const staging = path.join(work.path, 'new');
  fs.mkdirSync(staging, { recursive: true });
  const operations: Operation[] = [];
  const put = (file: string, text: string): void => {
    const staged = `restored-${operations.length}`;
    fs.writeFileSync(path.join(staging, staged), text);
    operations.push({ path: file, staged });
  };
  for (const unit of state.units) for (const [file, text] of last.textsOf(unit)) put(file, text);
  put(state.index.path, cache.reader.read(state.index.entry).toString());
  replaceFiles(fs, outdir, work.path, operations);
  return operations.length;
}
