import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { ImageLock, LockedImage } from '../../catalog';
import type { Finding } from '../../findings';
import { ExitCode, UsageError } from '../exit-code';
import {
  addCatalogOption,
  addGitOpsOptions,
  addRepositoryOptions,
  type CatalogFile,
  catalogTree,
  type EditImages,
  eachTime,
  type GitOpsOptions,
  orFindings,
  Refused,
  readCatalog,
  realMachine,
  reportOutcome,
  requestOf,
  sourceOf,
  targetOf,
} from '../gitops';
import { parseImages, refuseUnknown, setIn } from '../images';
import type { Io } from '../io';
import type { AddCommand } from './command';
import type { ImagesBuildOptions } from './images-build';

/** Options of `images set`. */
export interface ImagesSetOptions extends GitOpsOptions {
  readonly cluster?: readonly string[];
  readonly local: boolean;
}

/** Options of `images status`. */
export interface ImagesStatusOptions extends Pick<GitOpsOptions, 'catalog' | 'repo' | 'branch' | 'path'> {
  readonly format: 'text' | 'json';
}

/** Adds `images` to the command line. */
export const addImages: AddCommand = (program, { io, exit }) => {
  const images = program.command('images').description('which images run where: images.lock.json');
  const set = images
    .command('set')
    .description('set the images of services, in the repository that Flux watches or in the file beside the catalog')
    .argument('<service=reference@digest...>', 'such as cart=registry.example.com/shop/cart:v2@sha256:…')
    .option('--cluster <name>', 'the cluster where they run from now on; again for more', eachTime)
    .option('--local', 'write images.lock.json beside the catalog, though there is none yet', false);
  addGitOpsOptions(set, io).action(async (texts: string[], options: ImagesSetOptions) =>
    exit(await runImagesSet(texts, options, io)),
  );
  addRepositoryOptions(images.command('status').description('show what runs where, and of what it was built'), io)
    .option('--format <format>', 'text or json', 'text')
    .action(async (options: ImagesStatusOptions) => exit(await runImagesStatus(options, io)));
  addCatalogOption(
    images
      .command('build')
      .description('build images with docker, podman or buildctl')
      .argument('<service...>', 'the services'),
    io,
  )
    .option('--push', 'push them, and leave their digests where publish --images reads them', false)
    .option('--out <dir>', 'that folder', 'built-images')
    .option('--tag <tag>', 'the tag (default: branch, commit and its time)')
    .option('--builder <program>', 'docker, podman or buildctl (default: the first that is there)')
    .option('--dry-run', 'print what would run', false)
    .action(async (services: string[], options: ImagesBuildOptions) => {
      const { runImagesBuild } = require('./images-build') as typeof import('./images-build');
      exit(await runImagesBuild(services, options, io));
    });
  for (const command of images.commands) command.copyInheritedSettings(images);
};

/** Sets entries of the lock, and publishes the tree that they make. */
export function runImagesSet(texts: readonly string[], options: ImagesSetOptions, io: Io): Promise<ExitCode> {
  const entries = parseImages(texts);
  return orFindings(io, async () => {
    const read = readCatalog(options.catalog, io);
    const clusters = options.cluster ?? onlyCluster(read);
    refuseUnknown(read.catalog, clusters, Object.keys(entries));
    const edit: EditImages = (lock) => setIn(lock, read.catalog, clusters, entries);
    const subject = `Set ${clusters.join(', ')}: ${Object.keys(entries).join(', ')}`;
    const setImages = Object.fromEntries(clusters.map((cluster) => [cluster, Object.keys(entries)]));
    return commitImages(
      { read, clusters, edit, subject, setImages, branch: `aviary/images-${clusters.join('-')}` },
      options,
      io,
    );
  });
}

function onlyCluster({ catalog }: CatalogFile): string[] {
  const names = catalog.clusters.map(({ name }) => name);
  if (names.length === 1) return names;
  throw new UsageError(`say with --cluster where the images run: ${names.join(', ')}`);
}

/** An image that a service gets in some clusters. */
export interface ImageChange {
  readonly read: CatalogFile;
  /** Whose tree changes. */
  readonly clusters: readonly string[];
  readonly edit: EditImages;
  /** First line of the commit. */
  readonly subject: string;
  readonly setImages: Readonly<Record<string, readonly string[]>>;
  /** Of a merge request. */
  readonly branch: string;
}

/** Changes the lock where it is: beside the catalog, or in the repository together with the tree. */
export async function commitImages(
  change: ImageChange,
  options: GitOpsOptions & { readonly local?: boolean },
  io: Io,
): Promise<ExitCode> {
  const { read, clusters, edit, subject, setImages, branch } = change;
  const { noImages, printImageLock } = require('../../catalog') as typeof import('../../catalog');
  if (read.lock || options.local) {
    if (options.repo !== undefined || options.mergeRequest)
      throw new UsageError(
        `the images stand in ${relative(io.cwd, read.lockFile)}: commit that file as any other, without --repo and --merge-request`,
      );
    const before = read.lock ?? noImages;
    const after = printImageLock(await edit(before, { earlierLocks: () => localHistory(read, io) }));
    if (read.lock && after === printImageLock(before)) {
      io.stdout.write('nothing changes\n');
      return ExitCode.ok;
    }
    if (!options.dryRun) writeFileSync(read.lockFile, after);
    io.stdout.write(`${options.dryRun ? 'would write' : 'wrote'} ${relative(io.cwd, read.lockFile)}: ${subject}\n`);
    if (!options.dryRun) io.stdout.write('synthesize and commit it with the tree\n');
    return ExitCode.ok;
  }
  const { publish } = require('../../publish') as typeof import('../../publish');
  const target = targetOf(options, read.catalog, io);
  const source = await sourceOf(options, io);
  const request = requestOf({ ...options, title: options.title ?? subject }, target, source, branch);
  const makeTree = catalogTree({ catalog: options.catalog, cluster: clusters }, read, io, edit);
  return reportOutcome(await publish({ ...request, makeTree, clusters, setImages }, realMachine(io)), target, io);
}

/** Earlier contents of the file in git, newest first. */
async function localHistory({ lockFile }: CatalogFile, io: Io): Promise<{ commit: string; text: string }[]> {
  const { fileHistory } = require('../../publish') as typeof import('../../publish');
  return fileHistory(lockFile, io.env);
}

/** Reads the lock where it is. @throws Refused */
export async function readRunningImages(
  options: Pick<GitOpsOptions, 'repo' | 'branch' | 'path'>,
  read: CatalogFile,
  io: Io,
): Promise<ImageLock> {
  if (read.lock) return read.lock;
  const { readPublishedFile, LOCK_FILE } = require('../../publish') as typeof import('../../publish');
  const { noImages, parseImageLock } = require('../../catalog') as typeof import('../../catalog');
  const text = await readPublishedFile(targetOf(options, read.catalog, io), LOCK_FILE, realMachine(io));
  if (text === undefined) return noImages;
  const { lock, findings } = parseImageLock(text, LOCK_FILE);
  if (!lock) throw new Refused(findings as readonly Finding[]);
  return lock;
}

/** Prints a line a service: what each cluster runs, and whether the checkout's sources are those that it was built of. */
export function runImagesStatus(options: ImagesStatusOptions, io: Io): Promise<ExitCode> {
  if (!['text', 'json'].includes(options.format)) throw new UsageError(`--format ${options.format}: text or json`);
  return orFindings(io, async () => {
    const read = readCatalog(options.catalog, io);
    const lock = await readRunningImages(options, read, io);
    const { resolveCluster } = require('../../catalog') as typeof import('../../catalog');
    const { sourceIds } = require('../changed') as typeof import('../changed');
    const ids = await sourceIds(read.catalog, options.catalog, 'HEAD', io);
    const rows = read.catalog.clusters.flatMap(({ name: cluster }) =>
      resolveCluster(read.catalog, cluster).services.map((service) => {
        const entry = lock.clusters[cluster]?.[service.name];
        const image = entry?.image ?? ofCatalog(service, read.catalog.platform.registry);
        const id = ids.get(service.name);
        const built =
          entry?.source === undefined || id === undefined ? 'unknown' : entry.source === id ? 'current' : 'changed';
        return {
          service: service.name,
          cluster,
          image,
          ...(entry?.digest && { digest: entry.digest }),
          from: entry ? 'lock' : 'catalog',
          source: built,
        };
      }),
    );
    io.stdout.write(options.format === 'json' ? `${JSON.stringify({ images: rows }, null, 2)}\n` : table(rows));
    return ExitCode.ok;
  });
}

function ofCatalog(
  {
    name,
    image = {},
  }: { readonly name: string; readonly image?: Partial<LockedImage> & { repository?: string; tag?: string } },
  registry: string | undefined,
): string {
  return `${image.repository ?? (registry === undefined ? name : `${registry}/${name}`)}${image.tag ? `:${image.tag}` : ''}${image.digest ? `@${image.digest}` : ''}`;
}

function table(
  rows: readonly { service: string; cluster: string; image: string; digest?: string; from: string; source: string }[],
): string {
  const cells = rows.map(({ service, cluster, image, digest, from, source }) => [
    cluster,
    service,
    `${image}${digest ? `@${digest.slice(0, 19)}…` : ''}`,
    from === 'catalog'
      ? 'as the catalog says'
      : source === 'changed'
        ? 'sources have changed'
        : source === 'current'
          ? 'of these sources'
          : '',
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(0, ...cells.map((row) => row[column]!.length)));
  return cells
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
