import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ImageLock } from '../../catalog';
import type { PublishRequest } from '../../publish';
import { type ExitCode, UsageError } from '../exit-code';
import {
  addGitOpsOptions,
  catalogTree,
  eachTime,
  type GitOpsOptions,
  orFindings,
  readCatalog,
  readTree,
  realMachine,
  reportOutcome,
  requestOf,
  sourceOf,
  targetOf,
} from '../gitops';
import { editedBy, parseImages, readBuiltImages } from '../images';
import type { Io } from '../io';
import type { AddCommand } from './command';

/** Options of `publish`. */
export interface PublishCommandOptions extends GitOpsOptions {
  readonly cluster?: readonly string[];
  readonly tree?: string;
  readonly synth?: string;
  readonly image?: readonly string[];
  readonly images?: string;
  readonly oci?: string;
  readonly trees?: string;
}

/** Adds `publish` to the command line. */
export const addPublish: AddCommand = (program, { io, exit }) => {
  addGitOpsOptions(
    program
      .command('publish')
      .description('commit the tree to the repository that Flux watches, on top of what others commit there')
      .option('--cluster <name>', 'this cluster only; again for more (default: all)', eachTime)
      .option(
        '--image <service=reference@digest>',
        'an image that runs in these clusters from now on; again for more',
        eachTime,
      )
      .option('--images <dir>', 'the same, of files that image builds left there')
      .option('--tree <dir>', 'publish this folder as it is, in place of synthesizing the catalog')
      .option('--synth <command>', 'a command that writes the folder of --tree anew for the images in AVIARY_IMAGES')
      .option('--trees <dir>', 'write what is there and what shall be into before/ and after/ of it, for aviary diff')
      .option('--oci <url>', 'push the tree as an OCI artifact for an OCIRepository of Flux: oci://registry/name:tag'),
    io,
  ).action(async (options: PublishCommandOptions) => exit(await runPublish(options, io)));
};

/** Publishes the catalog's tree, or one that is there. */
export function runPublish(options: PublishCommandOptions, io: Io): Promise<ExitCode> {
  const { cluster, image, images: built, tree, synth } = options;
  if (synth !== undefined && tree === undefined)
    throw new UsageError('--synth needs --tree: the folder that the command writes');
  const hasImages = image !== undefined || built !== undefined;
  if (hasImages && tree !== undefined && synth === undefined)
    throw new UsageError('--image needs a tree that is made anew: leave --tree out, or say --synth');
  if (hasImages && cluster === undefined) throw new UsageError('say with --cluster where the images run');
  return orFindings(io, async () => {
    const read = readCatalog(options.catalog, io);
    const { publish } = require('../../publish') as typeof import('../../publish');
    const target = targetOf(options, read.catalog, io);
    const source = await sourceOf(options, io);
    const entries = {
      ...(built === undefined ? {} : readBuiltImages(resolve(io.cwd, built))),
      ...parseImages(image ?? []),
    };
    const edit = hasImages ? editedBy(read, cluster ?? [], entries) : undefined;
    const makeTree =
      tree === undefined ? catalogTree(options, read, io, edit) : folderTree({ ...options, tree }, io, edit);
    if (options.oci !== undefined) {
      const { publishOci } = require('../oci') as typeof import('../oci');
      return publishOci(
        options.oci,
        makeTree,
        { source, dryRun: options.dryRun, ...(cluster && { clusters: cluster }) },
        io,
      );
    }
    const name = `aviary/${(cluster ?? ['all']).join('-')}`;
    const request: PublishRequest = {
      ...requestOf(options, target, source, name),
      makeTree,
      ...(cluster && { clusters: cluster }),
      ...(options.trees !== undefined && { onTrees: treesWriter(resolve(io.cwd, options.trees)) }),
    };
    return reportOutcome(await publish(request, realMachine(io)), target, io);
  });
}

/** Both trees as folders, each made anew. */
function treesWriter(folder: string): NonNullable<PublishRequest['onTrees']> {
  return (before, after) => {
    for (const [name, files] of [['before', before] as const, ['after', after] as const]) {
      rmSync(join(folder, name), { recursive: true, force: true });
      mkdirSync(join(folder, name), { recursive: true });
      for (const [path, text] of files) {
        mkdirSync(join(folder, name, path, '..'), { recursive: true });
        writeFileSync(join(folder, name, path), text);
      }
    }
  };
}

/** A folder that a program of the user wrote, or writes for these images. */
function folderTree(
  { tree, synth }: PublishCommandOptions & { readonly tree: string },
  io: Io,
  edit?: ReturnType<typeof editedBy>,
): PublishRequest['makeTree'] {
  return async (base) => {
    const folder = resolve(io.cwd, tree);
    if (synth === undefined) return readTree(folder, tree);
    const { noImages, parseImageLock, printImageLock } = require('../../catalog') as typeof import('../../catalog');
    const { lock, findings } =
      base.lock === undefined
        ? { lock: noImages as ImageLock, findings: [] }
        : parseImageLock(base.lock, 'images.lock.json');
    if (!lock) return findings;
    const edited = edit ? await edit(lock, base) : lock;
    const temporary = mkdtempSync(join(io.env.TMPDIR ?? tmpdir(), 'aviary-images-'));
    try {
      const images = join(temporary, 'images.lock.json');
      writeFileSync(images, printImageLock(edited));
      const [program = '', ...args] = synth.split(/\s+/).filter(Boolean);
      // It makes a tree: credentials are not its business.
      const { AVIARY_GIT_TOKEN: _, AVIARY_REGISTRY_TOKEN: __, ...env } = io.env;
      const { status, error } = spawnSync(program, args, {
        cwd: io.cwd,
        env: { ...env, AVIARY_IMAGES: images },
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      if (error || status !== 0) {
        const message = `${synth} ${error ? `cannot run (${error.message})` : `ended with ${status}`}`;
        return [{ code: 'synth-failed', severity: 'error', place: {}, message, fix: 'see to what it says above' }];
      }
    } finally {
      rmSync(temporary, { recursive: true, force: true });
    }
    const text = printImageLock(edited);
    const isEmpty = base.lock === undefined && text === printImageLock(noImages);
    return { ...readTree(folder, tree), ...(isEmpty ? {} : { lock: text }) };
  };
}
