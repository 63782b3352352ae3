import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Catalog } from '../../catalog';
import type { ImageBuild, PipelineOptions } from '../../ci';
import { sourceIds } from '../changed';
import { ExitCode, UsageError } from '../exit-code';
import { addRepositoryOptions, eachTime, type GitOpsOptions, orFindings, Refused, readCatalog } from '../gitops';
import type { Io } from '../io';
import { againstRunning } from './changed';
import type { AddCommand } from './command';

/** Options of `ci`. */
export interface CiCommandOptions extends Pick<GitOpsOptions, 'catalog' | 'repo' | 'branch' | 'path'> {
  readonly out?: string;
  readonly images?: string;
  readonly command?: string;
  readonly image?: string;
  readonly setup?: readonly string[];
  readonly install: boolean;
  readonly test?: readonly string[];
  readonly dist?: string;
  readonly include?: readonly string[];
}

/** Options of `note`. */
export interface NoteCommandOptions {
  readonly file: string;
  readonly title: string;
}

const hosts = ['gitlab', 'github', 'makefile'] as const;
type Host = (typeof hosts)[number];

/** Adds `ci` to the command line. */
export const addCi: AddCommand = (program, { io, exit }) => {
  const ci = program.command('ci').description('write the pipeline of a CI host from the catalog');
  const files: Readonly<Record<Host, string>> = {
    gitlab: '.gitlab-ci.yml',
    github: '.github/workflows/gitops.yml',
    makefile: 'a Makefile',
  };
  for (const host of hosts) {
    const command = addRepositoryOptions(
      ci.command(host).description(`write ${files[host]}, to the standard output without --out`),
      io,
    )
      .option('--out <path>', 'the file, or the folder of child pipelines')
      .option(
        '--images <cluster>',
        'what builds the images that differ from those that run in the cluster (for the pipeline itself)',
      )
      .option('--command <command>', 'how the command line is started in a job', 'npx aviary')
      .option('--image <image>', 'image of the jobs', 'node:24')
      .option('--setup <command>', 'a command before each job, in place of npm ci; again for more', eachTime)
      .option('--no-install', 'no command before each job: the image brings the command line')
      .option('--test <command>', 'a command that tests the application; again for more', eachTime)
      .option('--dist <dir>', 'a tree that is committed here: a stale one is refused');
    if (host === 'gitlab')
      command.option(
        '--include <file>',
        'a file of this repository with jobs of your own, which also run for tags where they say so; again for more',
        eachTime,
      );
    command.action(async (options: CiCommandOptions) => exit(await runCi(host, options, io)));
  }
  ci.command('note')
    .description(
      'write a file as a note on the merge request of the pipeline, or replace the one that an earlier run wrote',
    )
    .requiredOption('--file <file>', 'the text')
    .option('--title <text>', 'what tells this note from others', 'aviary')
    .action(async (options: NoteCommandOptions) => exit(await runCiNote(options, io)));
  for (const command of ci.commands) command.copyInheritedSettings(ci);
};

/** Writes a pipeline, or what it builds its images by. */
export function runCi(host: Host, options: CiCommandOptions, io: Io): Promise<ExitCode> {
  return orFindings(io, async () => {
    const rooms = require('../../ci') as typeof import('../../ci');
    const { catalog } = readCatalog(options.catalog, io);
    const pipeline = pipelineOptions(host, options);
    if (options.images === undefined) {
      const text = textOf(host, catalog, pipeline);
      if (options.out === undefined) io.stdout.write(text);
      else writeFileSync(resolve(io.cwd, options.out), text);
      return ExitCode.ok;
    }
    const builds = await imagesToBuild(options.images, options, catalog, io);
    io.stderr.write(
      builds.length === 0
        ? 'no image has to be built\n'
        : `to build: ${builds.map(({ service }) => service.name).join(', ')}\n`,
    );
    if (host === 'github') {
      io.stdout.write(rooms.githubMatrix(builds));
      return ExitCode.ok;
    }
    if (host === 'makefile') throw new UsageError('a Makefile builds the images that it asks for: leave --images out');
    if (options.out === undefined) throw new UsageError('--images writes files: name their folder with --out');
    const files = rooms.gitlabImages(catalog, builds, { ...pipeline, cluster: options.images });
    for (const [name, text] of files) writeFileSync(join(resolve(io.cwd, options.out), name), text);
    return ExitCode.ok;
  });
}

function textOf(host: Host, catalog: Catalog, pipeline: PipelineOptions): string {
  const { factsOf, githubWorkflow, gitlabPipeline, makefile } = require('../../ci') as typeof import('../../ci');
  switch (host) {
    case 'gitlab':
      return gitlabPipeline(catalog, pipeline);
    case 'github':
      return githubWorkflow(catalog, pipeline);
    case 'makefile':
      return makefile({ ...pipeline, clusters: factsOf(catalog).clusters });
    default: {
      const never: never = host;
      return never;
    }
  }
}

function pipelineOptions(
  host: Host,
  { command, image, setup, install, test, dist, include, catalog }: CiCommandOptions,
): PipelineOptions {
  const own: Partial<PipelineOptions> = {
    ...(command !== undefined && { command }),
    ...(image !== undefined && { image }),
    ...(install ? setup && { setup } : { setup: [] }),
    catalog,
  };
  const { optionWords, shellWord } = require('../../ci') as typeof import('../../ci');
  const words = [
    ...optionWords(own),
    ...(test ?? []).flatMap((one) => ['--test', shellWord(one)]),
    ...(dist === undefined ? [] : ['--dist', shellWord(dist)]),
    ...(include ?? []).flatMap((one) => ['--include', shellWord(one)]),
  ];
  return {
    ...own,
    ...(test && { test }),
    ...(dist !== undefined && { dist }),
    ...(include && { include }),
    writtenBy: ['aviary', 'ci', host, ...words].join(' '),
  };
}

/** Images whose sources are not those of the image that runs. */
async function imagesToBuild(
  cluster: string,
  options: CiCommandOptions,
  catalog: Catalog,
  io: Io,
): Promise<ImageBuild[]> {
  const changed = new Set((await againstRunning(cluster, options, io)).map(({ service }) => service));
  const ids = await sourceIds(catalog, options.catalog, 'HEAD', io);
  const missing = catalog.services.filter(({ name, build }) => build && !ids.has(name));
  if (missing.length > 0)
    throw new Refused(
      missing.map(({ name, build }) => ({
        code: 'build-context-missing',
        severity: 'error',
        place: { file: options.catalog },
        message: `the commit has no ${build!.context}, of which the image of "${name}" is built`,
        fix: 'commit it, or correct build.context',
      })),
    );
  return catalog.services
    .filter(({ name }) => changed.has(name))
    .map((service) => ({
      service,
      source: ids.get(service.name)!,
      repository: (require('../../catalog') as typeof import('../../catalog')).imageRepository(
        service,
        catalog.platform,
      ),
    }));
}

/** The note is a courtesy: without a token it is left out, and said so. */
export async function runCiNote({ file, title }: NoteCommandOptions, io: Io): Promise<ExitCode> {
  const { env } = io;
  const {
    CI_API_V4_URL: api,
    CI_PROJECT_ID: project,
    CI_MERGE_REQUEST_IID: mergeRequest,
    AVIARY_GITLAB_TOKEN: token,
  } = env;
  if (!api || !project || !mergeRequest)
    throw new UsageError('ci note runs in a pipeline of a merge request of GitLab');
  if (!token) {
    io.stderr.write('no note is written: AVIARY_GITLAB_TOKEN (scope api) is not set\n');
    return ExitCode.ok;
  }
  const { writeNote } = require('../../ci') as typeof import('../../ci');
  try {
    const text = readFileSync(resolve(io.cwd, file), 'utf8');
    const fence = /\.md$/.test(file) ? text : `**${title}**\n\n\`\`\`\n${text}\`\`\`\n`;
    const done = await writeNote({ api, project, mergeRequest, token, title, text: fence });
    io.stdout.write(`the note is ${done}\n`);
    return ExitCode.ok;
  } catch (error) {
    io.stderr.write(`the note cannot be written: ${(error as Error).message}\n`);
    return ExitCode.findings;
  }
}
