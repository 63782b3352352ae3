import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { Catalog, ImageLock } from '../catalog';
import { type Finding, formatText } from '../findings';
import type { MadeTree, PublishMachine, PublishOutcome, PublishRequest, Source, TreeBase } from '../publish';
import { ExitCode, UsageError } from './exit-code';
import { type Io, wantsColor } from './io';

/** What all commands have that commit to the repository that Flux watches. */
export interface GitOpsOptions {
  readonly catalog: string;
  readonly repo?: string;
  readonly branch?: string;
  readonly path?: string;
  readonly attempts: number;
  readonly dryRun: boolean;
  /** `true` for the default branch. */
  readonly mergeRequest?: string | boolean;
  readonly title?: string;
  readonly pushOption?: readonly string[];
  readonly sign: boolean;
  readonly signingKey?: string;
  readonly takeOver: boolean;
  readonly create: boolean;
  readonly anyOrder: boolean;
  readonly commit?: string;
  readonly pipeline?: number;
}

/** A whole number from `least` on, as an option's value. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    if (!/^\d+$/.test(text) || Number(text) < least)
      throw new InvalidArgumentError(`Give a whole number from ${least} on.`);
    return Number(text);
  };
}

/** Of an option that is given again and again: `--cluster a --cluster b`. */
export function eachTime(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** The catalog that is meant where none is named: what the environment says, else the one that lies here. */
export function usualCatalog({ env, cwd }: Pick<Io, 'env' | 'cwd'>): string {
  if (env.AVIARY_CATALOG !== undefined) return env.AVIARY_CATALOG;
  if (existsSync(join(cwd, 'services.json'))) return 'services.json';
  const { defaultCatalog } = require('../synth') as typeof import('../synth');
  return defaultCatalog(cwd);
}

/** Adds `--catalog`, with its default, to a command. */
export function addCatalogOption(command: Command, io: Io): Command {
  return command.option('--catalog <file>', 'the service catalog', usualCatalog(io));
}

/** Where the repository is; the catalog says it unless the command line does. */
export function addRepositoryOptions(command: Command, io: Io): Command {
  return addCatalogOption(command, io)
    .option('--repo <url>', 'the repository that Flux watches (default: platform.gitops.url of the catalog)')
    .option('--branch <name>', 'its branch (default: platform.gitops.branch, else main)')
    .option('--path <dir>', 'its folder that holds the tree (default: platform.gitops.path, else its root)');
}

/** Adds the options that all publications share to a command. */
export function addGitOpsOptions(command: Command, io: Io): Command {
  return addRepositoryOptions(command, io)
    .option('--attempts <number>', 'how often a refused push is tried on the new base', wholeNumber(1), 10)
    .option('--dry-run', 'say what would be committed, and commit nothing', false)
    .option('--merge-request [branch]', 'push to a branch of its own and ask GitLab for a merge request')
    .option('--title <text>', 'first line of the commit, and title of the merge request')
    .option('--push-option <option>', 'a further push option, such as ci.skip; again for more', eachTime)
    .option('--sign', "sign the commit as git's settings say", false)
    .option('--signing-key <file>', 'sign it with this SSH key')
    .option('--take-over', 'replace files that are there and that no publication wrote', false)
    .option('--create', 'make the branch where there is none', false)
    .option('--any-order', 'publish although nothing tells whether a newer commit was published before', false)
    .option('--commit <sha>', 'the commit of the application (default: of the pipeline or checkout)')
    .option(
      '--pipeline <number>',
      'a number that grows from pipeline to pipeline (default: of the pipeline)',
      wholeNumber(0),
    );
}

/** Thrown where findings are the answer: printed, exit code 1. */
export class Refused extends Error {
  constructor(readonly findings: readonly Finding[]) {
    super(findings[0]?.message);
  }
}

/** Findings to stderr, with the lines of their files where these are at hand. */
export function printFindings(findings: readonly Finding[], io: Io): void {
  const source = (file: string): string | undefined => {
    try {
      return readFileSync(resolve(io.cwd, file), 'utf8');
    } catch {
      return undefined;
    }
  };
  io.stderr.write(formatText(findings, { source, color: wantsColor(io.stderr, io.env) }));
}

/** Runs a command whose refusals are findings. */
export async function orFindings(io: Io, run: () => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await run();
  } catch (error) {
    const { PublishProblem } = require('../publish') as typeof import('../publish');
    if (error instanceof Refused) printFindings(error.findings, io);
    else if (error instanceof PublishProblem) printFindings([error.finding], io);
    else throw error;
    return ExitCode.findings;
  }
}

/** A catalog with the file that it stands in. */
export interface CatalogFile {
  readonly catalog: Catalog;
  /** images.lock.json beside it, where there is one. */
  readonly lock?: ImageLock;
  /** Path of that file. */
  readonly lockFile: string;
}

/** Reads the catalog. @throws Refused */
export function readCatalog(file: string, io: Io): CatalogFile {
  const { readCatalogSource, readImageLock, LOCK_FILE } = require('../synth') as typeof import('../synth');
  const { loadCatalog } = require('../catalog') as typeof import('../catalog');
  const path = resolve(io.cwd, file);
  const { realFileSystem } = require('../tree') as typeof import('../tree');
  const source = readCatalogSource(realFileSystem, path, file);
  if (!('fingerprint' in source)) throw new Refused(source);
  const { lock, findings: unreadable } = readImageLock(realFileSystem, path, named(io));
  if (unreadable.length > 0) throw new Refused(unreadable);
  const { text, places, findings: unread } = source.content();
  if (unread.length > 0) throw new Refused(unread);
  const { catalog, findings } = loadCatalog(text, file, undefined, lock, places);
  // Images that the repository names are not known here: a service that leaves its version to them is sound.
  const errors = findings.filter(({ severity, code }) => severity === 'error' && code !== 'image-without-version');
  if (errors.length > 0 || (!catalog && findings.length === 0)) throw new Refused(errors);
  return {
    catalog: catalog ?? (JSON.parse(text) as Catalog),
    ...(lock && { lock }),
    lockFile: named(io) ?? join(path, '..', LOCK_FILE),
  };
}

const named = (io: Io): string | undefined =>
  io.env.AVIARY_IMAGES ? resolve(io.cwd, io.env.AVIARY_IMAGES) : undefined;

/** The repository, branch and folder to which a publication goes. */
export interface Target {
  readonly repository: string;
  readonly branch: string;
  readonly path: string;
}

/** The repository that the command line or the catalog names. */
export function targetOf(
  { repo, branch, path }: Pick<GitOpsOptions, 'repo' | 'branch' | 'path'>,
  catalog: Catalog,
  io: Io,
): Target {
  const { gitops } = catalog.platform;
  const repository = repo ?? io.env.AVIARY_GITOPS_REPO ?? gitops.url;
  // A folder is meant from where the user stands.
  const isFolder = !/^[a-z][a-z0-9+.-]*:/i.test(repository) && !/^[^/]*:/.test(repository);
  return {
    repository: isFolder ? resolve(io.cwd, repository) : repository,
    branch: branch ?? gitops.branch ?? 'main',
    path: path ?? gitops.path ?? '',
  };
}

/** The commit of the application that a publication is made of. */
export async function sourceOf(
  { commit, pipeline, catalog }: Pick<GitOpsOptions, 'commit' | 'pipeline' | 'catalog'>,
  io: Io,
): Promise<Source> {
  const { readSource } = require('../publish') as typeof import('../publish');
  return readSource({
    folder: resolve(io.cwd, catalog, '..'),
    env: io.env,
    ...(commit !== undefined && { commit }),
    ...(pipeline !== undefined && { pipeline }),
  });
}

/** The machine as it is. */
export function realMachine(io: Io): PublishMachine {
  return {
    env: io.env,
    temporaryFolder: io.env.TMPDIR ?? tmpdir(),
    sleep: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds)),
    random: Math.random,
    onNotice: (line) => io.stderr.write(`${line}\n`),
  };
}

/** How the images change with a publication. @throws Refused */
export type EditImages = (lock: ImageLock, base: TreeBase) => Promise<ImageLock> | ImageLock;

/**
 * Makes the tree of the catalog with the images of the repository, changed by `edit`. Where images.lock.json stands beside the catalog, that one
 * is the truth, and the repository has none.
 */
export function catalogTree(
  options: Pick<GitOpsOptions, 'catalog'> & { readonly cluster?: readonly string[] },
  read: CatalogFile,
  io: Io,
  edit?: EditImages,
): PublishRequest['makeTree'] {
  return async (base) => {
    const { noImages, parseImageLock, printImageLock } = require('../catalog') as typeof import('../catalog');
    const { PublishProblem } = require('../publish') as typeof import('../publish');
    if (read.lock && base.lock !== undefined)
      throw new PublishProblem(
        'two-locks',
        'images.lock.json stands in the repository and beside the catalog: nothing tells which one counts',
        {
          fix: 'remove the one beside the catalog (the repository holds the truth), or the one in the repository',
        },
      );
    if (read.lock) return synthesizeTo(options, read.lock, io);
    const { lock, findings } =
      base.lock === undefined ? { lock: noImages, findings: [] } : parseImageLock(base.lock, 'images.lock.json');
    if (!lock) return findings;
    const edited = edit ? await edit(lock, base) : lock;
    const tree = await synthesizeTo(options, complete(edited, read.catalog, options.cluster), io);
    if (!('files' in tree)) return tree;
    const text = printImageLock(edited);
    return base.lock === undefined && text === printImageLock(noImages) ? tree : { ...tree, lock: text };
  };
}

/**
 * A service that has no image yet in a cluster that is not published does not stop the others: there it stands with that of another cluster, and
 * is thrown away.
 */
function complete(lock: ImageLock, { clusters }: Catalog, published: readonly string[] | undefined): ImageLock {
  if (published === undefined) return lock;
  const { withImages } = require('../catalog') as typeof import('../catalog');
  const anywhere = Object.assign({}, ...Object.values(lock.clusters)) as ImageLock['clusters'][string];
  return clusters
    .map(({ name }) => name)
    .filter((name) => !published.includes(name))
    .reduce((all, name) => withImages(all, name, { ...anywhere, ...all.clusters[name] }), lock);
}

/** Synthesizes into a folder of its own. */
async function synthesizeTo(
  { catalog }: Pick<GitOpsOptions, 'catalog'>,
  lock: ImageLock,
  io: Io,
): Promise<MadeTree | readonly Finding[]> {
  const { launcherOptions, synthCatalog } = require('../synth') as typeof import('../synth');
  const { printImageLock } = require('../catalog') as typeof import('../catalog');
  const folder = mkdtempSync(join(io.env.TMPDIR ?? tmpdir(), 'aviary-tree-'));
  try {
    const images = join(folder, 'images.lock.json');
    writeFileSync(images, printImageLock(lock));
    const outdir = join(folder, 'tree');
    if (io.main) return synthesizedByMain(catalog, { images, outdir }, io);
    const { cacheDir: _, ...options } = launcherOptions(io.env);
    const result = await synthCatalog({ ...options, catalog: resolve(io.cwd, catalog), images, outdir });
    const findings = result.findings.map((one) => asNamed(one, resolve(io.cwd, catalog), catalog));
    if (!result.summary) return findings;
    return readTree(outdir);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * With the charts of main.ts: in a process of its own, as its modules are evaluated once in each. It gets no credentials.
 */
function synthesizedByMain(
  catalog: string,
  { images, outdir }: { readonly images: string; readonly outdir: string },
  io: Io,
): MadeTree | readonly Finding[] {
  const args = [process.argv[1] ?? '', 'synth', '--catalog', catalog, '--out', outdir, '--no-cache', '--quiet'];
  const { AVIARY_GIT_TOKEN: _, AVIARY_REGISTRY_TOKEN: __, ...env } = io.env;
  const { status, stderr, error } = spawnSync(process.execPath, args, {
    cwd: io.cwd,
    env: { ...env, AVIARY_IMAGES: images },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return readTree(outdir);
  io.stderr.write(stderr ?? '');
  const message = `nothing was published: ${error ? `the synthesis cannot run (${error.message})` : 'the tree cannot be made'}`;
  return [
    { code: 'synth-failed', severity: 'error', place: {}, message, fix: 'mend what is said above, then publish again' },
  ];
}

/** Findings name the catalog as the user did. */
function asNamed(finding: Finding, path: string, name: string): Finding {
  return finding.place.file === path ? { ...finding, place: { ...finding.place, file: name } } : finding;
}

/** The files of a tree on the disk that its index lists. @throws Refused */
export function readTree(folder: string, name = folder): MadeTree {
  const { INDEX_FILE, parseIndex } = require('../publish') as typeof import('../publish');
  const read = (path: string): string => {
    try {
      return readFileSync(join(folder, path), 'utf8');
    } catch (error) {
      const message = `${join(name, path)} cannot be read (${(error as Error).message})`;
      const fix = 'synthesize first (aviary synth, npx cdk8s synth), or name the folder with --tree';
      throw new Refused([{ code: 'tree-missing', severity: 'error', place: { file: join(name, path) }, message, fix }]);
    }
  };
  const index = read(INDEX_FILE);
  const { clusters } = parseIndex(index, join(name, INDEX_FILE));
  const paths = Object.values(clusters).flatMap(({ files }) => files);
  return { files: new Map([[INDEX_FILE, index], ...paths.map((path): [string, string] => [path, read(path)])]) };
}

/** The part of a request that all commands have in common. */
export function requestOf(options: GitOpsOptions, target: Target, source: Source, defaultBranch: string) {
  const { mergeRequest, title, sign, signingKey } = options;
  if (mergeRequest !== undefined && mergeRequest !== false && options.create)
    throw new UsageError(
      '--create and --merge-request cannot be used together: a merge request needs a branch to go to',
    );
  return {
    ...target,
    source,
    attempts: options.attempts,
    dryRun: options.dryRun,
    takeOver: options.takeOver,
    create: options.create,
    anyOrder: options.anyOrder,
    sign: sign || signingKey !== undefined,
    ...(signingKey !== undefined && { signingKey: resolve(signingKey) }),
    ...(title !== undefined && { subject: title }),
    ...(options.pushOption && { pushOptions: options.pushOption }),
    ...(mergeRequest !== undefined &&
      mergeRequest !== false && {
        mergeRequest: {
          branch: typeof mergeRequest === 'string' ? mergeRequest : defaultBranch,
          ...(title !== undefined && { title }),
        },
      }),
  };
}

/** Says what came of it: the result to stdout, what stood in the way to stderr. */
export function reportOutcome(outcome: PublishOutcome, { repository }: Target, io: Io): ExitCode {
  const { withoutUser } = require('../publish') as typeof import('../publish');
  const where = withoutUser(repository);
  switch (outcome.kind) {
    case 'published':
    case 'would-publish': {
      const { clusters, branch, commit, written, added, removed } = outcome;
      const isDone = outcome.kind === 'published';
      const files = `${written.length} ${written.length === 1 ? 'file' : 'files'}${removed.length > 0 ? `, ${removed.length} removed` : ''}`;
      const lines = clusters.map(({ cluster, services, others }) => {
        const rest = others.length > 0 ? [`${others.length} more ${others.length === 1 ? 'file' : 'files'}`] : [];
        return `  ${cluster}: ${[...services, ...rest].join(', ')}\n`;
      });
      const head = isDone
        ? `published ${files} to ${branch} of ${where} as ${commit}`
        : `would publish ${files} to ${branch} of ${where}`;
      const signs = [
        ...written.map((path) => `${added.includes(path) ? '+' : '~'} ${path}`),
        ...removed.map((path) => `- ${path}`),
      ];
      const all = isDone ? [] : signs.map((line) => `  ${line}\n`);
      io.stdout.write(`${head}\n${lines.join('')}${all.join('')}`);
      return ExitCode.ok;
    }
    case 'unchanged':
      io.stdout.write(
        outcome.isClosed
          ? `nothing differs from ${outcome.branch} of ${where} any more: the branch of the merge request is removed\n`
          : `nothing to publish: ${outcome.branch} of ${where} has it all\n`,
      );
      return ExitCode.ok;
    case 'outdated':
      io.stdout.write(
        `nothing to publish: ${outcome.theirs} was published before, and is newer than ${outcome.ours}\n`,
      );
      return ExitCode.ok;
    case 'refused':
      printFindings(outcome.findings, io);
      return ExitCode.findings;
    case 'exhausted':
      io.stderr.write(`gave up after ${outcome.attempts} ${outcome.attempts === 1 ? 'attempt' : 'attempts'}\n`);
      printFindings([outcome.finding], io);
      return ExitCode.attemptsUsedUp;
    default: {
      const never: never = outcome;
      return never;
    }
  }
}
