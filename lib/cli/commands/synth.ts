import { ExitCode } from '../exit-code';
import { usualCatalog } from '../gitops';
import { type Io, wantsColor } from '../io';
import type { SynthCommandOptions } from '../synth-options';
import type { AddCommand } from './command';

/** Adds `synth` to the command line. */
export const addSynth: AddCommand = (program, { io, exit }) => {
  program
    .command('synth')
    .description('read the catalog, check it and write the tree that Flux applies')
    .option('--catalog <file>', `the service catalog (default: "${usualCatalog(io)}")`)
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
export async function runSynth(options: SynthCommandOptions, io: Io): Promise<ExitCode> {
  const { catalog, out, cache, force, base, quiet, timing } = options;
  const { otherApp, runOtherApp } = require('../other-app') as typeof import('../other-app');
  const app = catalog === undefined && out === undefined ? otherApp(io) : undefined;
  if (app !== undefined) return runOtherApp(app, options, io);
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

/** What main.ts is until somebody adds to it. */
export function catalogAlone(): void {
  const { AviaryApp } = require('../../app') as typeof import('../../app');
  new AviaryApp().synth();
}
