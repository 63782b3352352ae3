import { createHash } from 'node:crypto';
import type { Git } from './git';
import { PublishProblem } from './problem';
import { type Refusal, readRefusal } from './refusals';

/** What stands in one place of a commit. */
export interface TreeEntry {
  /** `120000` is a link, `160000` a submodule. */
  readonly mode: string;
  readonly oid: string;
}

/** Blobs, links and submodules by path, of the published folder and of what leads to it. */
export type Listing = ReadonlyMap<string, TreeEntry>;

/** Files to write and to remove. */
export interface Change {
  readonly write: ReadonlyMap<string, string>;
  readonly remove: readonly string[];
}

/** What stands in a commit besides the files. */
export interface CommitOptions {
  readonly message: string;
  readonly parents: readonly string[];
  readonly sign?: boolean;
  readonly signingKey?: string;
}

/** What a push shall set. */
export interface RefUpdate {
  readonly ref: string;
  /** Without it the ref goes; then it must be at `from`. */
  readonly to?: string;
  readonly from?: string;
}

/** Whether the server took the push. */
export type PushResult =
  | { readonly isPushed: true }
  | { readonly isPushed: false; readonly refusal: Refusal; readonly output: string };

const LINK = '120000';

/**
 * The repository that Flux watches, as objects in a bare repository of our own: nothing is checked out, so no link is followed, no filter or
 * hook runs, and no file of it touches the disk.
 */
export class GitOpsRepository {
  constructor(
    private readonly git: Git,
    private readonly address: string,
  ) {}

  /** @throws PublishProblem git-missing, git-too-old */
  async init(): Promise<void> {
    const version = await this.git.text(['--version']);
    const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(version) ?? [];
    // Settings in the environment (GIT_CONFIG_COUNT), by which the token gets to git: since 2.31.
    if (Number(major) < 2 || (Number(major) === 2 && Number(minor) < 31))
      throw new PublishProblem('git-too-old', `${version} is too old`, { fix: 'install git 2.31 or newer' });
    await this.git.text(['init', '--quiet', '--bare', '--template=', '--initial-branch=main', '.']);
  }

  /** Commits of branches, and of our own refs. @throws PublishProblem of the refusal */
  async refs(): Promise<ReadonlyMap<string, string>> {
    const patterns = ['refs/heads/*', 'refs/aviary/*'];
    const args = ['ls-remote', '--quiet', '--', this.address, ...patterns];
    const { exitCode, stdout, stderr } = await this.git.run(args);
    if (exitCode !== 0) throw asProblem(readRefusal(stderr));
    const lines = stdout.toString('utf8').split('\n').filter(Boolean);
    return new Map(lines.map((line) => line.split('\t') as [string, string]).map(([oid, ref]) => [ref, oid]));
  }

  /**
   * Fetches the newest commit of each, without history; `all` with it.
   * @returns the commits, in the order of the refs
   */
  async fetch(refs: readonly string[], { all = false } = {}): Promise<string[]> {
    if (refs.length === 0) return [];
    const names = refs.map((_, index) => `refs/fetched/${index}`);
    const specs = refs.map((ref, index) => `+${ref}:${names[index]}`);
    const depth = all ? ((await this.isShallow()) ? ['--unshallow'] : []) : ['--depth=1'];
    const { exitCode, stderr } = await this.git.run([
      'fetch',
      '--quiet',
      '--no-tags',
      '--no-write-fetch-head',
      ...depth,
      '--',
      this.address,
      ...specs,
    ]);
    if (exitCode !== 0) {
      // It was there a moment ago: deleted, or moved while it was read.
      const gone = /couldn't find remote ref|not our ref|upload-pack: not our ref/.test(stderr);
      throw asProblem(gone ? { ...readRefusal('! [rejected] (stale info)') } : readRefusal(stderr));
    }
    return (await this.git.text(['rev-parse', ...names])).split('\n');
  }

  private async isShallow(): Promise<boolean> {
    return (await this.git.text(['rev-parse', '--is-shallow-repository'])) === 'true';
  }

  /**
   * What a commit holds below a folder. @param path without slashes at its ends; `''` is the root
   * @throws PublishProblem path-through-link
   */
  async list(commit: string, path: string): Promise<Listing> {
    await this.refuseLinks(commit, path);
    const args = ['ls-tree', '-r', '-z', '--full-tree', commit, ...(path === '' ? [] : ['--', `${path}/`])];
    return readListing((await this.git.bytes(args)).toString('utf8'));
  }

  private async refuseLinks(commit: string, path: string): Promise<void> {
    const parts = path.split('/').filter(Boolean);
    const above = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
    if (above.length === 0) return;
    const args = ['ls-tree', '-z', '--full-tree', commit, '--', ...above];
    for (const [name, { mode }] of readListing((await this.git.bytes(args)).toString('utf8')))
      if (mode !== '040000')
        throw new PublishProblem(
          'path-through-link',
          `${name} in the repository is ${mode === LINK ? 'a symbolic link' : mode === '160000' ? 'a submodule' : 'a file'}, not a folder`,
          { fix: 'name a folder with --path' },
        );
  }

  /** Content of blobs, in one process. */
  async read(oids: readonly string[]): Promise<Map<string, Buffer>> {
    const read = new Map<string, Buffer>();
    if (oids.length === 0) return read;
    const all = await this.git.bytes(['cat-file', '--batch'], { input: `${oids.join('\n')}\n` });
    for (let at = 0; at < all.length; ) {
      const end = all.indexOf(10, at);
      const [oid = '', type, size = '0'] = all.subarray(at, end).toString('latin1').split(' ');
      if (type !== 'blob')
        throw new PublishProblem('git-failed', `git has no content for ${oid}`, { fix: 'publish again' });
      read.set(oid, all.subarray(end + 1, end + 1 + Number(size)));
      at = end + 1 + Number(size) + 1;
    }
    return read;
  }

  /** A commit with the change; the branch is not touched. @returns its id */
  async commit(base: string | undefined, change: Change, options: CommitOptions): Promise<string> {
    const chunks: (string | Buffer)[] = ['feature done\ncommit refs/aviary/next\ncommitter x <x> 0 +0000\ndata 0\n\n'];
    if (base !== undefined) chunks.push(`from ${base}\n`);
    for (const path of change.remove) chunks.push(`D ${path}\n`);
    for (const [path, text] of change.write) {
      const content = Buffer.from(text, 'utf8');
      chunks.push(`M 100644 inline ${path}\ndata ${content.length}\n`, content, '\n');
    }
    chunks.push('done\n');
    const input = Buffer.concat(
      chunks.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk)),
    );
    await this.git.text(['fast-import', '--quiet', '--force', '--date-format=raw'], { input });
    return this.commitTree('refs/aviary/next^{tree}', options);
  }

  private async commitTree(tree: string, { message, parents, sign, signingKey }: CommitOptions): Promise<string> {
    const key = signingKey === undefined ? [] : ['-c', 'gpg.format=ssh', '-c', `user.signingkey=${signingKey}`];
    const args = [
      ...key,
      'commit-tree',
      await this.git.text(['rev-parse', tree]),
      ...parents.flatMap((parent) => ['-p', parent]),
      ...(sign ? ['-S'] : []),
      '-F',
      '-',
    ];
    const { exitCode, stdout, stderr } = await this.git.run(args, { input: message });
    if (exitCode === 0) return stdout.toString('utf8').trim();
    if (sign)
      throw new PublishProblem(
        'signing-failed',
        `the commit cannot be signed: ${stderr.trim().split('\n').join('; ')}`,
        {
          fix: 'name a private key that ssh-keygen reads with --signing-key, or set gpg.format and user.signingkey of git',
        },
      );
    throw new PublishProblem('git-failed', `git commit-tree failed: ${stderr.trim()}`, { fix: 'see to what git says' });
  }

  /** Sets all refs or none. Nothing is ever forced: a ref moves on from where we saw it. */
  async push(updates: readonly RefUpdate[], pushOptions: readonly string[] = []): Promise<PushResult> {
    const leases = updates.flatMap(({ ref, to, from }) =>
      to === undefined ? [`--force-with-lease=${ref}:${from}`] : [],
    );
    const args = [
      'push',
      '--porcelain',
      '--quiet',
      ...(updates.length > 1 ? ['--atomic'] : []),
      ...leases,
      ...pushOptions.map((option) => `--push-option=${option}`),
      '--',
      this.address,
      ...updates.map(({ ref, to }) => `${to ?? ''}:${ref}`),
    ];
    const { exitCode, stdout, stderr } = await this.git.run(args);
    if (exitCode === 0) return { isPushed: true };
    const output = `${stderr}\n${stdout.toString('utf8')}`;
    return { isPushed: false, refusal: readRefusal(output), output };
  }

  /** Whether the newest commit of the ref comes after, or is, the given one. */
  async holds(ref: string, commit: string): Promise<boolean> {
    const [tip = ''] = await this.fetch([ref]);
    if (tip === commit) return true;
    await this.fetch([ref], { all: true });
    return (await this.git.run(['merge-base', '--is-ancestor', commit, tip])).exitCode === 0;
  }

  /** Earlier contents of a file, newest first, each with the commit that wrote it. */
  async history(ref: string, path: string): Promise<{ readonly commit: string; readonly text: string }[]> {
    const [tip = ''] = await this.fetch([ref], { all: true });
    const log = await this.git.text(['log', '--format=%H', tip, '--', path]);
    const commits = log.split('\n').filter(Boolean);
    const found: { commit: string; text: string }[] = [];
    for (const commit of commits) {
      const { exitCode, stdout } = await this.git.run(['cat-file', 'blob', `${commit}:${path}`]);
      if (exitCode === 0) found.push({ commit, text: stdout.toString('utf8') });
    }
    return found;
  }
}

function readListing(text: string): Map<string, TreeEntry> {
  const entries = text.split('\0').filter(Boolean);
  return new Map(
    entries.map((entry) => {
      const tab = entry.indexOf('\t');
      const [mode = '', , oid = ''] = entry.slice(0, tab).split(' ');
      return [entry.slice(tab + 1), { mode, oid }];
    }),
  );
}

/** The id that git gives the content, in the repository's own kind of id. */
export function blobId(text: string, sample: string | undefined): string {
  const content = Buffer.from(text, 'utf8');
  const algorithm = sample?.length === 64 ? 'sha256' : 'sha1';
  return createHash(algorithm).update(`blob ${content.length}\0`).update(content).digest('hex');
}

/** A refusal of a read is a problem; one that may pass is tried again. */
function asProblem({ kind, problem }: Refusal): PublishProblem {
  return new PublishProblem(problem.code, problem.message, { fix: problem.finding.fix ?? '' }, kind !== 'final');
}
