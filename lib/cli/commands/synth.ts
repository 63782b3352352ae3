import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ExitCode, UsageError } from '../exit-code';
import { type Io, wantsColor } from '../io';
import type { AddCommand } from './command';

/** Options of `synth`. */
export interface SynthCommandOptions {
  /** @default that of main.ts */
  readonly catalog?: string;
  /** @default that of main.ts */
  readonly out?: string;
  readonly cache: boolean;
  readonly force: boolean;
  readonly base?: string;
  readonly quiet: boolean;
  readonly timing: boolean;
}

/** Adds `synth` to the command line. */
export const addSynth: AddCommand = (program, { io, exit }) => {
  program
    .command('synth')
    .description('read the catalog, check it and write the tree that Flux applies')
    .option('--catalog <file>', `the service catalog (default: "${io.env.AVIARY_CATALOG ?? 'services.json'}")`)
    .option('--out <dir>', 'the folder that gets the tree (default: "dist")')
    .option('--no-cache', 'build everything, remember nothing')
    .option('--force', 'remove files in the folder that no synth wrote', false)
    .option(
      '--base <ref>',
      'what one commit breaks is judged against the tree in this commit, branch or folder (default: as it stands)',
    )
    .option('--quiet', 'print findings only', false)
    .option('--timing', 'print where the time went', false)
    .action(async (options: SynthCommandOptions) => exit(await runSynth(options, io)));
};

/** Runs the app of main.ts with what the command line says; findings and the summary go to stderr. */
export async function runSynth(
  { catalog, out, cache, force, base, quiet, timing }: SynthCommandOptions,
  io: Io,
): Promise<ExitCode> {
  refuseOtherApp({ catalog, out }, io);
  const { reportFailure, runMain } = require('../../app') as typeof import('../../app');
  const { wantsProgress } = require('../../synth') as typeof import('../../synth');
  const report = {
    write: (text: string) => io.stderr.write(text),
    color: wantsColor(io.stderr, io.env),
    quiet,
    timing,
    progress: !quiet && wantsProgress(io.stderr.isTTY, io.env) ? process.stderr : undefined,
  };
  const { baseTree } = require('../base-tree') as typeof import('../base-tree');
  const tree = base === undefined ? undefined : await baseTree(base, out ?? 'dist', io);
  const { outcome, findings } = await runMain(io.main ?? catalogAlone, {
    catalog,
    outdir: out,
    force,
    cache,
    report,
    ...(tree && { base: tree.folder }),
  }).finally(() => tree?.remove());
  if (outcome === undefined) await reportFailure(findings);
  return outcome?.isWritten ? ExitCode.ok : ExitCode.findings;
}

/** The installed package does not run a project's own app, and its charts would be missing in the tree. */
function refuseOtherApp({ catalog, out }: Pick<SynthCommandOptions, 'catalog' | 'out'>, { env, cwd }: Io): void {
  const { AVIARY_ROOT: root } = env;
  if (root === undefined || resolve(root) === resolve(cwd) || catalog !== undefined || out !== undefined) return;
  if (existsSync(join(cwd, 'cdk8s.yaml')))
    throw new UsageError(
      'this folder has a cdk8s app of its own, whose charts belong to the tree: run npx cdk8s synth (with --catalog and --out, aviary synth makes the tree of a catalog alone)',
    );
}

/** What main.ts is until somebody adds to it. */
export function catalogAlone(): void {
  const { AviaryApp } = require('../../app') as typeof import('../../app');
  new AviaryApp().synth();
}
