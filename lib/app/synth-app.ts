import type { Finding } from '../findings';
import {
  foreignApp,
  launcherOptions,
  type ReportOptions,
  reportSynth,
  type SynthOptions,
  type SynthResult,
  synthCatalog,
  synthesize,
  wantsProgress,
} from '../synth';
import type { AviaryApp, SynthOutcome } from './aviary-app';
import { hideOutput, type Output, outputOf, showOutput } from './output-folder';
import { runOptions } from './run';

/** Writes the tree of an app and tells a person what came of it. */
export async function synthApp(app: AviaryApp): Promise<SynthOutcome> {
  if (runOptions().isInspection) return { isWritten: false, findings: [] };
  const output = outputOf(app.outdir);
  const refusal = output.view === undefined ? undefined : foreignApp(output.outdir, output.view);
  const result = await report(output, (options) =>
    refusal ? synthesize({ units: [], findings: [refusal] }, options) : synthesizeApp(app, options),
  );
  const { findings, summary } = result;
  if (summary) showOutput(output);
  return { isWritten: summary !== undefined, findings, ...(summary ? { summary } : {}) };
}

/** Tells what went wrong before an app could be synthesized; the output folder stays, or comes back. */
export async function reportFailure(findings: readonly Finding[]): Promise<void> {
  const output = outputOf(runOptions().outdir ?? process.env.CDK8S_OUTDIR ?? 'dist');
  await report(output, (options) => synthesize({ units: [], findings }, options));
}

async function report(output: Output, run: (options: SynthOptions) => Promise<SynthResult>): Promise<SynthResult> {
  const { force, cache = true, report: into = processReport() } = runOptions();
  const options: SynthOptions = {
    outdir: output.outdir,
    restore: output.mayBeDeleted,
    force,
    ...launcherOptions(process.env),
    ...(cache ? {} : { cacheDir: undefined }),
  };
  const result = await reportSynth((hooks) => run({ ...options, ...hooks }), into);
  if (result.summary) return result;
  hideOutput(output);
  if (runOptions().report === undefined) process.exitCode = output.exitCodeOfFailure;
  const restored = output.mayBeDeleted ? restoreFromGit(output.outdir) : 0;
  if (restored > 0) into.write(`${restored} files were put back into ${output.outdir}, as git has them.\n`);
  return result;
}

function restoreFromGit(outdir: string): number {
  const { restoreOutput } = require('../../bin/restore-output') as typeof import('../../bin/restore-output');
  return restoreOutput(outdir);
}

function processReport(): ReportOptions {
  const isTTY = process.stderr.isTTY === true;
  return {
    write: (text) => process.stderr.write(text),
    color: isTTY,
    quiet: false,
    progress: wantsProgress(isTTY, process.env) ? process.stderr : undefined,
  };
}

/** The same without a word. An app that adds nothing to its catalog loads nothing of cdk8s when nothing has changed. */
export function synthesizeApp(app: AviaryApp, options: SynthOptions): Promise<SynthResult> {
  const { catalog } = app;
  const source = typeof catalog === 'object' ? { file: 'the catalog', text: JSON.stringify(catalog) } : catalog;
  if (source !== undefined && !app.isExtended) return synthCatalog({ ...options, catalog: source });
  const { AppExtension } = require('./extension') as typeof import('./extension');
  const extension = new AppExtension(app);
  if (source !== undefined) return synthCatalog({ ...options, catalog: source, extension });
  const { checkAlone } = require('./check-alone') as typeof import('./check-alone');
  return synthesize(() => extension.planAlone(), {
    ...options,
    fingerprint: extension.fingerprint,
    check: (request) => checkAlone(request, extension),
  });
}
