import { randomBytes } from 'node:crypto';
import * as os from 'node:os';
import * as path from 'node:path';
import { errorCode, type FileSystem, tolerate } from './file-system';

/** How long to wait for another run on the same output folder. */
const MAX_WAIT_MILLISECONDS = 120_000;
const POLL_MILLISECONDS = 20;
/** The folder exists and somebody owns it: the names that systems have for it. */
const BUSY = ['ENOTEMPTY', 'EEXIST', 'EPERM', 'ENOTDIR'];

interface Owner {
  readonly pid: number;
  readonly host: string;
  /** When the process began, as the system counts it; tells a process from a later one with its number. */
  readonly started?: string;
}

/** Folders of this process: one with our pid that is not among them is a dead process's whose number we got. */
const held = new Set<string>();

/** Somebody else works on the same output folder and does not end. */
export class OutputFolderBusy extends Error {}

/**
 * The folder beside the output folder in which a run prepares its files: on the same file system, so that a rename
 * moves them; and at the same time the lock, as only one run can have it. What a killed run left there is finished or
 * undone by the next run, before it does anything else.
 */
export class WorkFolder {
  private constructor(
    private readonly fs: FileSystem,
    /** Absolute. */
    readonly path: string,
    private readonly createdParents: readonly string[],
  ) {}

  /** Where it lies: beside the output folder; inside where that is a file system of its own or only it is writable. */
  static location(fs: FileSystem, outdir: string): string {
    const parent = path.dirname(outdir);
    const own = tolerate(['ENOENT', 'ENOTDIR'], () => fs.lstatSync(outdir));
    const above = tolerate(['ENOENT', 'ENOTDIR'], () => fs.lstatSync(parent));
    const isOwnFileSystem = own !== undefined && above !== undefined && own.dev !== above.dev;
    return isOwnFileSystem ? path.join(outdir, '.aviary') : path.join(parent, `.${path.basename(outdir)}.aviary`);
  }

  /**
   * Waits until no other run has it.
   * @param recover finishes or undoes what a killed run left in the folder of that path
   * @throws OutputFolderBusy after two minutes
   */
  static acquire(fs: FileSystem, outdir: string, recover: (folder: string) => void): WorkFolder {
    const location = WorkFolder.location(fs, outdir);
    const createdParents = createParents(fs, path.dirname(location));
    const owner: Owner = { pid: process.pid, host: os.hostname(), started: startOf(fs, process.pid) };
    const candidate = `${location}-${process.pid}-${randomBytes(6).toString('hex')}`;
    fs.mkdirSync(candidate);
    fs.writeFileSync(path.join(candidate, 'owner.json'), JSON.stringify(owner));
    try {
      lock(fs, candidate, location);
    } catch (error) {
      fs.rmSync(candidate, { recursive: true, force: true });
      throw error;
    }
    held.add(location);
    try {
      recoverLeftovers(fs, location, recover);
    } catch (error) {
      // The lock stays, with an owner that is gone: the next run tries again.
      held.delete(location);
      throw error;
    }
    return new WorkFolder(fs, location, createdParents);
  }

  /** Removes the folder and with it the lock. */
  release(): void {
    // Renamed first: a folder that is half removed must not look like a lock.
    const remains = `${this.path}-${process.pid}-${randomBytes(6).toString('hex')}`;
    held.delete(this.path);
    this.fs.renameSync(this.path, remains);
    this.fs.rmSync(remains, { recursive: true, force: true });
    for (const folder of [...this.createdParents].reverse()) {
      tolerate(['ENOTEMPTY', 'EEXIST', 'ENOENT'], () => this.fs.rmdirSync(folder));
    }
  }

  /** Leaves the folder to the next run, which will recover it. */
  abandon(): void {
    held.delete(this.path);
  }
}

function createParents(fs: FileSystem, folder: string): string[] {
  const first = fs.mkdirSync(folder, { recursive: true });
  if (first === undefined) return [];
  const created = [first];
  for (const part of path
    .relative(first, folder)
    .split(path.sep)
    .filter((name) => name !== '')) {
    created.push(path.join(created.at(-1)!, part));
  }
  return created;
}

function lock(fs: FileSystem, candidate: string, location: string): void {
  const end = Date.now() + MAX_WAIT_MILLISECONDS;
  for (;;) {
    try {
      // A folder that has its owner inside from its first moment: there is no lock without a name on it.
      fs.renameSync(candidate, location);
      return;
    } catch (error) {
      if (!BUSY.includes(errorCode(error) ?? '')) throw error;
    }
    const owner = ownerOf(fs, location);
    if (!isAlive(fs, location, owner)) {
      // Only one waiting run can move it away; the one that then gets the lock recovers it.
      const dead = `${location}-dead-${randomBytes(6).toString('hex')}`;
      tolerate(['ENOENT'], () => fs.renameSync(location, dead));
    } else if (Date.now() > end) {
      throw new OutputFolderBusy(
        `process ${owner?.pid} on ${owner?.host} has been working on the output folder for two minutes. ` +
          `Wait for it and try again; if it is gone, delete ${path.join(location, 'owner.json')} and try again`,
      );
    } else {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MILLISECONDS);
    }
  }
}

function recoverLeftovers(fs: FileSystem, location: string, recover: (folder: string) => void): void {
  const prefix = `${path.basename(location)}-`;
  for (const name of fs.readdirSync(path.dirname(location))) {
    if (!name.startsWith(prefix)) continue;
    const folder = path.join(path.dirname(location), name);
    // Either `-dead-…`, or named after the process that is about to lock or has just released.
    const pid = Number(name.slice(prefix.length).split('-')[0]);
    if (!Number.isNaN(pid) && pid !== process.pid && isRunning(pid)) continue;
    recover(folder);
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function ownerOf(fs: FileSystem, folder: string): Owner | undefined {
  const text = tolerate(['ENOENT', 'ENOTDIR'], () => fs.readFileSync(path.join(folder, 'owner.json'), 'utf8'));
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Owner;
  } catch {
    return undefined;
  }
}

function isAlive(fs: FileSystem, folder: string, owner: Owner | undefined): boolean {
  if (owner === undefined) return false;
  // Of another machine that shares the disk nobody here can know.
  if (owner.host !== os.hostname()) return true;
  if (owner.pid === process.pid) return held.has(folder);
  return isRunning(owner.pid) && owner.started === startOf(fs, owner.pid);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}

/** Linux tells when a process began, in clock ticks since the machine did; elsewhere undefined. */
function startOf(fs: FileSystem, pid: number): string | undefined {
  const stat = tolerate(['ENOENT', 'ESRCH', 'EACCES', 'ENOTDIR'], () => fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The name of the program, in parentheses, may hold blanks: count from behind it. @see proc_pid_stat(5), field 22
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
