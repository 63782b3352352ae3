import { ExitCode } from '../exit-code';
import { type Io, wantsColor } from '../io';
import type { AddCommand } from './command';

export interface SynthCommandOptions {
  readonly catalog: string;
  readonly out: string;
  readonly cache: boolean;
  readonly force: boolean;
  readonly quiet: boolean;
  readonly timing: boolean;
}

export const addSynth: AddCommand = (program, { io, exit }) => {
  program
    .command('synth')
    .description('read the catalog, check it and write the tree that Flux applies')
    .option('--catalog <file>', 'the service catalog', io.env.AVIARY_CATALOG ?? 'services.json')
    .option('--out <dir>', 'the folder that gets the tree', 'dist')
    .option('--no-cache', 'build everything, remember nothing')
    .option('--force', 'remove files in the folder that no synth wrote', false)
    .option('--quiet', 'print findings only', false)
    .option('--timing', 'print where the time went', false)
    .action(async (options: SynthCommandOptions) => exit(await runSynth(options, io)));
};

/** Writes the tree; findings and the summary go to stderr. */
export async function runSynth(
  { catalog, out, cache, force, quiet, timing }: SynthCommandOptions,
  io: Io,
): Promise<ExitCode> {
  const { launcherOptions, synthAndReport, wantsProgress } = require('../../synth') as typeof import('../../synth');
  const isWritten = await synthAndReport(
    {
      catalog,
      outdir: out,
      force,
      ...launcherOptions(io.env),
      ...(cache ? {} : { cacheDir: undefined }),
    },
    {
      write: (text) => io.stderr.write(text),
      color: wantsColor(io.stderr, io.env),
      quiet,
      timing,
      progress: !quiet && wantsProgress(io.stderr.isTTY, io.env) ? process.stderr : undefined,
    },
  );
  return isWritten ? ExitCode.ok : ExitCode.findings;
}
