import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { Builder } from '../../ci';
import { builtFile, gitAt, sourceIds } from '../changed';
import { ExitCode, UsageError } from '../exit-code';
import { type CatalogFile, type GitOpsOptions, orFindings, Refused, readCatalog } from '../gitops';
import { refuseUnknown } from '../images';
import type { Io } from '../io';

/** Options of `images build`. */
export interface ImagesBuildOptions extends Pick<GitOpsOptions, 'catalog'> {
  readonly builder?: string;
  readonly push: boolean;
  readonly out: string;
  readonly tag?: string;
  readonly dryRun: boolean;
}

/** Builds images with the program that is there, and leaves what was pushed where `aviary publish --images` reads it. */
export function runImagesBuild(services: readonly string[], options: ImagesBuildOptions, io: Io): Promise<ExitCode> {
  const { BUILDERS } = require('../../ci') as typeof import('../../ci');
  const { builder } = options;
  if (builder !== undefined && !(BUILDERS as readonly string[]).includes(builder))
    throw new UsageError(`--builder ${builder}: ${BUILDERS.join(', ')}`);
  return orFindings(io, async () => {
    const read = readCatalog(options.catalog, io);
    refuseUnknown(read.catalog, [], services);
    const program = (builder as Builder | undefined) ?? BUILDERS.find((name) => isOnPath(name, io.env.PATH));
    if (program === undefined)
      throw new Refused([
        problem(
          'builder-missing',
          `none of ${BUILDERS.join(', ')} is on the PATH`,
          'install one of them, or let the pipeline build',
        ),
      ]);
    for (const service of services) await buildOne(service, program, { options, read, io });
    return ExitCode.ok;
  });
}

interface Context {
  readonly options: ImagesBuildOptions;
  readonly read: CatalogFile;
  readonly io: Io;
}

async function buildOne(name: string, builder: Builder, { options, read: { catalog }, io }: Context): Promise<void> {
  const { buildSteps, digestOfMetadata, shellWord } = require('../../ci') as typeof import('../../ci');
  const service = catalog.services.find((one) => one.name === name)!;
  if (!service.build)
    throw new Refused([
      problem(
        'no-build',
        `"${name}" says nothing of how its image is built`,
        `add "build": {"context": "…"} to "${name}" in the catalog`,
      ),
    ]);
  const source = (await sourceIds(catalog, options.catalog, 'HEAD', io)).get(name) ?? '';
  const repository = (require('../../catalog') as typeof import('../../catalog')).imageRepository(
    service,
    catalog.platform,
  );
  const image = `${repository}:${options.tag ?? (await tagOf(options.catalog, io))}`;
  const folder = mkdtempSync(join(io.env.TMPDIR ?? tmpdir(), 'aviary-build-'));
  try {
    const metadata = join(folder, 'metadata.json');
    const request = { service, source, repository, image, isPushed: options.push, metadata };
    for (const { program, args } of buildSteps(builder, request)) {
      io.stdout.write(
        `${[program, ...args].map((word) => shellWord(word === metadata ? 'metadata.json' : word)).join(' ')}\n`,
      );
      if (options.dryRun) continue;
      const { status, error } = spawnSync(program, args, {
        cwd: dirname(resolve(io.cwd, options.catalog)),
        env: io.env as NodeJS.ProcessEnv,
        stdio: ['ignore', 'inherit', 'inherit'],
      });
      if (error || status !== 0)
        throw new Refused([
          problem(
            'build-failed',
            `${program} ${error ? `cannot run (${error.message})` : `ended with ${status}`} for "${name}"`,
            'see to what it says above',
          ),
        ]);
    }
    if (options.dryRun || !options.push) return;
    const digest = digestOfMetadata(readFileSync(metadata, 'utf8'));
    if (digest === undefined)
      throw new Refused([
        problem(
          'build-failed',
          `${builder} gave no digest for "${name}"`,
          'take a builder that writes one (docker buildx, podman, buildctl)',
        ),
      ]);
    const out = resolve(io.cwd, options.out);
    mkdirSync(out, { recursive: true });
    writeFileSync(builtFile(out, name), `${JSON.stringify({ image, digest, ...(source !== '' && { source }) })}\n`);
    io.stdout.write(`pushed ${image}@${digest}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const problem = (code: string, message: string, fix: string) => ({
  code,
  severity: 'error' as const,
  place: {},
  message,
  fix,
});

/** Branch, commit and its time: Flux's image policies sort by the last number. */
async function tagOf(catalog: string, io: Io): Promise<string> {
  const git = gitAt(catalog, io);
  const say = async (...args: string[]) => (await git.run(args)).stdout.toString('utf8').trim();
  const branch = (await say('symbolic-ref', '--quiet', '--short', 'HEAD')) || 'detached';
  const [commit = 'none', time = '0'] = (await say('show', '--no-patch', '--format=%h %ct', 'HEAD')).split(' ');
  return `${branch
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)}-${commit}-${time}`;
}

function isOnPath(program: string, path = ''): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}
