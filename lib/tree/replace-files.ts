import * as path from 'node:path';
import { errorCode, type FileSystem, tolerate } from './file-system';

/** A change of one file of the tree: a staged file takes its place, or without one it goes. */
export interface Operation {
  /** Below the output folder, with `/`. */
  readonly path: string;
  /** Name of the new file in the work folder's `new/`. */
  readonly staged?: string;
  /** There is a file in its place. Without it the old one is not looked for. */
  readonly isReplacement?: boolean;
}

interface Journal {
  readonly outdir: string;
  readonly operations: readonly Operation[];
  /** There was no output folder: going back removes it. */
  readonly isNewOutdir: boolean;
}

/** From when this exists, the new tree is complete on the disk: a killed run is carried on. */
const FORWARD = 'journal.json';
/** The tree is on its way back: a killed run is carried on backwards. */
const BACKWARD = 'rollback.json';
const MISSING = ['ENOENT', 'ENOTDIR'];

/**
 * Makes the changes as one: all of them, or none when one fails; a kill in between is carried on by `recoverFiles`.
 * Each file stands, at any moment, in one of two places that tell how far it is: nothing has to be written on the way.
 * @throws the error that stopped it, with the tree as it was before
 */
export function replaceFiles(fs: FileSystem, outdir: string, work: string, operations: readonly Operation[]): void {
  const journal: Journal = { outdir, operations, isNewOutdir: !fs.existsSync(outdir) };
  fs.mkdirSync(path.join(work, 'old'), { recursive: true });
  const draft = path.join(work, 'journal.draft');
  fs.writeFileSync(draft, JSON.stringify(journal));
  fs.renameSync(draft, path.join(work, FORWARD));
  carryOn(fs, work, journal);
}

/** Finishes or undoes what a killed run left in a work folder. */
export function recoverFiles(fs: FileSystem, work: string): void {
  const backward = readJournal(fs, path.join(work, BACKWARD));
  if (backward) {
    rollBack(fs, work, backward);
    return;
  }
  const forward = readJournal(fs, path.join(work, FORWARD));
  if (forward) carryOn(fs, work, forward);
}

/** Whether a work folder holds a replacement that could be neither finished nor undone. */
export function isHalfReplaced(fs: FileSystem, work: string): boolean {
  return [FORWARD, BACKWARD].some((journal) => fs.existsSync(path.join(work, journal)));
}

function readJournal(fs: FileSystem, file: string): Journal | undefined {
  const text = tolerate(MISSING, () => fs.readFileSync(file, 'utf8'));
  return text === undefined ? undefined : (JSON.parse(text) as Journal);
}

function carryOn(fs: FileSystem, work: string, journal: Journal): void {
  try {
    rollForward(fs, work, journal);
  } catch (error) {
    fs.renameSync(path.join(work, FORWARD), path.join(work, BACKWARD));
    rollBack(fs, work, journal);
    throw error;
  }
  fs.unlinkSync(path.join(work, FORWARD));
}

function rollForward(fs: FileSystem, work: string, { outdir, operations }: Journal): void {
  const places = operations.map((operation, index) => placesOf(work, outdir, operation, index));
  for (const { target, staged, old } of places) {
    if (staged === undefined && !fs.existsSync(old)) tolerate(MISSING, () => fs.renameSync(target, old));
  }
  // Before the new files come: where a folder was there may now be a file.
  for (const { target, staged } of places) if (staged === undefined) removeEmptyParents(fs, outdir, target);
  const made = new Set<string>();
  for (const { target, staged, old, isReplacement } of places) {
    if (staged === undefined || !fs.existsSync(staged)) continue;
    if (isReplacement && !fs.existsSync(old)) keepOld(fs, target, old);
    const folder = path.dirname(target);
    if (!made.has(folder)) {
      fs.mkdirSync(folder, { recursive: true });
      made.add(folder);
    }
    fs.renameSync(staged, target);
  }
}

/** A second name for the old file, so that its place is never empty; where the disk has no links, it moves. */
function keepOld(fs: FileSystem, target: string, old: string): void {
  try {
    fs.linkSync(target, old);
  } catch (error) {
    if (!MISSING.includes(errorCode(error) ?? '')) tolerate(MISSING, () => fs.renameSync(target, old));
  }
}

function rollBack(fs: FileSystem, work: string, { outdir, operations, isNewOutdir }: Journal): void {
  const places = operations.map((operation, index) => placesOf(work, outdir, operation, index)).reverse();
  for (const { target, staged } of places) {
    if (staged === undefined) continue;
    if (!fs.existsSync(staged)) tolerate(MISSING, () => fs.renameSync(target, staged));
    // Where its folder stands now may have been a file.
    removeEmptyParents(fs, outdir, target);
  }
  for (const { target, old } of places) {
    if (!fs.existsSync(old)) continue;
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.renameSync(old, target);
  }
  if (isNewOutdir) tolerate([...MISSING, 'ENOTEMPTY', 'EEXIST'], () => fs.rmdirSync(outdir));
  fs.unlinkSync(path.join(work, BACKWARD));
}

function placesOf(work: string, outdir: string, { path: file, staged, isReplacement }: Operation, index: number) {
  return {
    isReplacement: isReplacement === true,
    target: path.join(outdir, file),
    staged: staged === undefined ? undefined : path.join(work, 'new', staged),
    old: path.join(work, 'old', String(index)),
  };
}

function removeEmptyParents(fs: FileSystem, outdir: string, target: string): void {
  for (let folder = path.dirname(target); folder.length > outdir.length; folder = path.dirname(folder)) {
    try {
      fs.rmdirSync(folder);
    } catch (error) {
      if (MISSING.includes(errorCode(error) ?? '')) continue;
      return;
    }
  }
}
