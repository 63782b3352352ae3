import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { Catalog } from '../../catalog';
import type { Git } from '../../publish';
import { fileAt, gitAt, type Releases, sourceIds } from '../changed';
import { ExitCode, UsageError } from '../exit-code';
import { addRepositoryOptions, type GitOpsOptions, orFindings, Refused, readCatalog } from '../gitops';
import type { Io } from '../io';
import type { AddCommand } from './command';
import { readRunningImages } from './images';

/** Options of `changed`. */
export interface ChangedCommandOptions extends Pick<GitOpsOptions, 'catalog' | 'repo' | 'branch' | 'path'> {
  readonly base?: string;
  readonly running?: string;
  readonly format: 'text' | 'json' | 'names';
}

/** What is not what it was. */
export interface ChangedService {
  readonly service: string;
  /** The image is made of other sources: it has to be built. */
  readonly source: boolean;
  /** Clusters whose objects of the service differ, its image included. */
  readonly objects: readonly string[];
}

/** Adds `changed` to the command line. */
export const addChanged: AddCommand = (program, { io, exit }) => {
  addRepositoryOptions(
    program
      .command('changed')
      .description('tell which services changed, by content: sources, images, objects')
      .option('--base <ref>', 'compare with this commit of the checkout, such as origin/main')
      .option('--running <cluster>', 'compare with the images that run there: what has to be built'),
    io,
  )
    .option('--format <format>', 'text, json, or names: one a line', 'text')
    .action(async (options: ChangedCommandOptions) => exit(await runChanged(options, io)));
};

/** Prints which services have changed, and by what. */
export function runChanged(options: ChangedCommandOptions, io: Io): Promise<ExitCode> {
  const { base, running, format } = options;
  if (!['text', 'json', 'names'].includes(format)) throw new UsageError(`--format ${format}: text, json or names`);
  if ((base === undefined) === (running === undefined))
    throw new UsageError('say either --base REF or --running CLUSTER');
  return orFindings(io, async () => {
    const changed =
      base === undefined ? await againstRunning(running!, options, io) : await againstCommit(base, options, io);
    if (format === 'json') io.stdout.write(`${JSON.stringify({ changed }, null, 2)}\n`);
    else if (format === 'names') io.stdout.write(changed.map(({ service }) => `${service}\n`).join(''));
    else io.stdout.write(changed.map(line).join('') || 'nothing changed\n');
    return ExitCode.ok;
  });
}

function line({ service, source, objects }: ChangedService): string {
  const parts = [...(source ? ['sources'] : []), ...(objects.length > 0 ? [`objects in ${objects.join(', ')}`] : [])];
  return `${service}: ${parts.join('; ')}\n`;
}

/** Services whose sources are not those of the image that runs. */
export async function againstRunning(
  cluster: string,
  options: Pick<GitOpsOptions, 'catalog' | 'repo' | 'branch' | 'path'>,
  io: Io,
): Promise<ChangedService[]> {
  const { refuseUnknown } = require('../images') as typeof import('../images');
  const read = readCatalog(options.catalog, io);
  refuseUnknown(read.catalog, [cluster], []);
  const lock = await readRunningImages(options, read, io);
  const ids = await sourceIds(read.catalog, options.catalog, 'HEAD', io);
  return [...ids]
    .filter(([name, id]) => lock.clusters[cluster]?.[name]?.source !== id)
    .map(([service]) => ({ service, source: true, objects: [] }))
    .sort((a, b) => (a.service < b.service ? -1 : 1));
}

async function againstCommit(ref: string, options: ChangedCommandOptions, io: Io): Promise<ChangedService[]> {
  const { catalog: file } = options;
  const git = gitAt(file, io);
  const { exitCode, stderr } = await git.run(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`]);
  if (exitCode !== 0) {
    const message = `the checkout has no commit ${JSON.stringify(ref)}${stderr ? ` (${stderr.trim()})` : ''}`;
    const fix = 'fetch it (git fetch origin REF), or name another one with --base';
    throw new Refused([{ code: 'base-not-found', severity: 'error', place: {}, message, fix }]);
  }
  const folder = mkdtempSync(join(io.env.TMPDIR ?? tmpdir(), 'aviary-base-'));
  try {
    const before = await catalogAt(ref, file, folder, io);
    const now = readCatalog(file, io);
    const [was, is] = [
      before ? await releasesOf(join(folder, basename(file)), join(folder, 'tree-before'), io) : {},
      await releasesOf(resolve(io.cwd, file), join(folder, 'tree-now'), io),
    ];
    const [sourcesBefore, sourcesNow] = [
      before ? await sourceIds(before, file, ref, io) : new Map<string, string>(),
      await sourceIds(now.catalog, file, 'HEAD', io),
    ];
    const names = new Set([...Object.values(was), ...Object.values(is)].flatMap(Object.keys));
    for (const name of sourcesNow.keys()) names.add(name);
    return [...names].sort().flatMap((service): ChangedService[] => {
      const clusters = [...new Set([...Object.keys(was), ...Object.keys(is)])].sort();
      const objects = clusters.filter((cluster) => was[cluster]?.[service] !== is[cluster]?.[service]);
      const source = sourcesBefore.get(service) !== sourcesNow.get(service);
      return source || objects.length > 0 ? [{ service, source, objects }] : [];
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The catalog, and what stands beside it, as a commit has them. */
async function catalogAt(ref: string, file: string, folder: string, io: Io): Promise<Catalog | undefined> {
  const git = gitAt(file, io);
  const text = await fileAt(git, ref, basename(file));
  if (text === undefined) return undefined;
  writeFileSync(join(folder, basename(file)), text);
  if (/\binclude\b/.test(text)) await writeIncluded(git, ref, folder, text, file);
  const lock = await fileAt(git, ref, 'images.lock.json');
  if (lock !== undefined) writeFileSync(join(folder, 'images.lock.json'), lock);
  return readCatalog(join(folder, basename(file)), { ...io, env: { ...io.env, AVIARY_IMAGES: undefined } }).catalog;
}

/** The files that the catalog includes, as the commit has them. */
async function writeIncluded(git: Git, ref: string, folder: string, text: string, file: string): Promise<void> {
  const { includes } = require('../../synth') as typeof import('../../synth');
  const isIncluded = includes(text, file);
  const { stdout } = await git.run(['ls-tree', '-r', '-z', ref]);
  for (const line of stdout.toString('utf8').split('\0')) {
    // Plain files only: a link may lead anywhere.
    const [, name] = /^100\d{3} blob [0-9a-f]+\t(.+\.(?:jsonc?|ya?ml))$/i.exec(line) ?? [];
    const content = name === undefined || !isIncluded(name) ? undefined : await fileAt(git, ref, name);
    if (name === undefined || content === undefined || existsSync(join(folder, name))) continue;
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

async function releasesOf(catalog: string, outdir: string, io: Io): Promise<Releases> {
  const { launcherOptions, synthCatalog } = require('../../synth') as typeof import('../../synth');
  const { parseIndex } = require('../../publish') as typeof import('../../publish');
  const { cacheDir: _, images: __, ...options } = launcherOptions(io.env);
  const { findings, summary } = await synthCatalog({ ...options, catalog, outdir });
  if (!summary) throw new Refused(findings);
  const { clusters } = parseIndex(readFileSync(join(outdir, 'index.json'), 'utf8'), 'index.json');
  return Object.fromEntries(Object.entries(clusters).map(([name, { releases }]) => [name, releases]));
}
