import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import type { Git } from '../publish';
import { outPathError } from '../tree';
import { UsageError } from './exit-code';
import type { Io } from './io';

/** Files above this are no manifests. */
const LARGEST_BYTES = 16 * 1024 * 1024;

/** A folder with the tree of a commit, for as long as it is looked at. */
export interface CheckedOutTree {
  readonly folder: string;
  /** For people: `main:dist`. */
  readonly name: string;
  remove(): void;
}

/**
 * The folder as it is in a commit of its repository, written into a folder of its own: nothing of the working tree is touched.
 * Empty where the commit does not have it.
 * @throws UsageError no repository, no such commit
 */
export async function treeOfRef(ref: string, folder: string, io: Io): Promise<CheckedOutTree> {
  const git = gitIn(folder, io);
  const prefix = await git.run(['rev-parse', '--show-prefix']);
  if (prefix.exitCode !== 0) throw new UsageError(`--base ${ref}: ${folder} is in no git repository`);
  const commit = await git.run(['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]);
  if (commit.exitCode !== 0)
    throw new UsageError(
      `--base ${ref}: no such commit here. In CI a shallow clone may not have it: fetch it first (git fetch origin main)`,
    );
  const path = prefix.stdout.toString('utf8').trim().replace(/\/$/, '');
  return checkOut(git, commit.stdout.toString('utf8').trim(), path, path === '' ? ref : `${ref}:${path}`);
}

/**
 * A folder of a branch of another repository, fetched without its history.
 * @param against `URL#branch`; without a branch the one that the repository names
 * @throws UsageError it cannot be fetched
 */
export async function treeOfRepository(against: string, path: string, io: Io): Promise<CheckedOutTree> {
  const hash = against.lastIndexOf('#');
  const [url, branch] = hash < 0 ? [against, 'HEAD'] : [against.slice(0, hash), against.slice(hash + 1)];
  const repository = mkdtempSync(join(tmpdir(), 'aviary-against-'));
  try {
    const git = gitIn(repository, io);
    await git.text(['init', '--quiet', '--bare', '--template=', '.']);
    const address = isLocal(url) ? join(io.cwd, url) : url;
    const fetched = await git.run(['fetch', '--quiet', '--depth=1', '--no-tags', '--end-of-options', address, branch]);
    if (fetched.exitCode !== 0)
      throw new UsageError(`--against ${withoutPassword(against)}: ${fetched.stderr.trim().split('\n').at(-1)}`);
    return await checkOut(git, 'FETCH_HEAD', path.replace(/^(\.?\/)+|\/+$/g, ''), withoutPassword(against));
  } finally {
    rmSync(repository, { recursive: true, force: true });
  }
}

const isLocal = (url: string): boolean =>
  !/^[a-z][a-z0-9+.-]*:\/\//i.test(url) && !url.includes(':') && !isAbsolute(url);
const withoutPassword = (url: string): string => url.replace(/(:\/\/)[^/@]+@/, '$1');

function gitIn(folder: string, io: Io): Git {
  const { Git } = require('../publish') as typeof import('../publish');
  return new Git({ folder, env: io.env });
}

interface Entry {
  readonly mode: string;
  readonly oid: string;
  readonly path: string;
}

async function checkOut(git: Git, commit: string, path: string, name: string): Promise<CheckedOutTree> {
  const folder = mkdtempSync(join(tmpdir(), 'aviary-tree-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const listed = await git.run(['ls-tree', '-r', '-z', '--full-tree', `${commit}:${path}`]);
    // The commit has no such folder: everything is new.
    const entries = listed.exitCode === 0 ? entriesOf(listed.stdout) : [];
    await writeAll(git, entries, folder);
    return { folder, name, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function entriesOf(listing: Buffer): Entry[] {
  return listing
    .toString('utf8')
    .split('\0')
    .flatMap((line): Entry[] => {
      const [, mode, type, oid, path] = /^(\d+) (\w+) ([0-9a-f]+)\t(.+)$/s.exec(line) ?? [];
      if (type !== 'blob' || path === undefined || outPathError(path) !== undefined) return [];
      return [{ mode: mode!, oid: oid!, path }];
    });
}

async function writeAll(git: Git, entries: readonly Entry[], folder: string): Promise<void> {
  if (entries.length === 0) return;
  const { stdout } = await git.run(['cat-file', '--batch'], { input: entries.map(({ oid }) => `${oid}\n`).join('') });
  let offset = 0;
  for (const { mode, path } of entries) {
    const end = stdout.indexOf(0x0a, offset);
    const size = Number(stdout.subarray(offset, end).toString('utf8').split(' ')[2]);
    if (end < 0 || Number.isNaN(size)) throw new Error(`git cat-file gave no content of ${path}`);
    const content = stdout.subarray(end + 1, end + 1 + size);
    offset = end + 1 + size + 1;
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    if (mode === '120000') link(content.toString('utf8'), path, file);
    else if (size <= LARGEST_BYTES) writeFileSync(file, content);
  }
}

/** A link that leaves the tree leads to the reader's own files: it is left out. */
function link(target: string, path: string, file: string): void {
  const leads = normalize(join(dirname(path), target));
  if (!isAbsolute(target) && leads !== '..' && !leads.startsWith('../')) symlinkSync(target, file);
}
