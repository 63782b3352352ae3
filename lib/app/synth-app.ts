import * as path from 'node:path';
import type { Finding } from '../findings';
import {
  type CatalogExtension,
  type CheckedObject,
  foreignApp,
  launcherOptions,
  type ReportOptions,
  reportSynth,
  type SynthCatalogOptions,
  type SynthResult,
  synthCatalog,
  synthesize,
  wantsProgress,
} from '../synth';
import { helmChart, hideOutput, type Output, outputOf, refusedHelm, removeScaffold, showOutput } from './output-folder';
import { refusedProps } from './refused-props';
import { runOptions } from './run';
import { isStandardOutput, printedTree, printTree, removeTree } from './standard-output';
import type { SynthesizedApp, SynthOutcome } from './synthesized-app';
import { type ConstructMetadata, hasValidations } from './validations';

/** Writes the tree of an app and tells a person what came of it. */
export async function synthApp(app: SynthesizedApp): Promise<SynthOutcome> {
  if (runOptions().isInspection) return { isWritten: false, findings: [] };
  const output = outputOf(app.outdir);
  let metadata: ConstructMetadata | undefined;
  const result = await report(output, async (options, write) => {
    const refusal = refusalOf(app, output);
    if (refusal) return synthesize({ units: [], findings: [refusal] }, options);
    if (isStandardOutput(output.outdir)) return printApp(app, output.outdir, options);
    if (!hasValidations()) return synthesizeApp(app, options);
    const { runValidations, constructMetadata: metadataOf } =
      require('./validations') as typeof import('./validations');
    return synthesizeApp(app, options, (objects) => {
      const all = [...objects];
      metadata = metadataOf(all);
      return runValidations(all, output.outdir, write);
    });
  });
  const { findings, summary } = result;
  if (summary) showOutput(output, metadata);
  return { isWritten: summary !== undefined, findings, ...(summary ? { summary } : {}) };
}

/** What cannot be done, whatever the catalog says. */
function refusalOf(app: SynthesizedApp, { outdir, view }: Output): Finding | undefined {
  return (
    (view === undefined ? undefined : foreignApp(outdir, view)) ?? refusedHelm(view ?? app.outdir) ?? refusedProps(app)
  );
}

/** With `--stdout` of the cdk8s CLI. */
async function printApp(app: SynthesizedApp, outdir: string, options: AppOptions): Promise<SynthResult> {
  const tree = printedTree();
  try {
    const result = await synthesizeApp(app, { ...options, outdir: tree, cacheDir: undefined, restore: false });
    if (!result.summary) return result;
    const refusal = printTree(tree, outdir, process.env.AVIARY_CLUSTER);
    return refusal ? { findings: [refusal], work: result.work } : result;
  } finally {
    removeTree(tree);
  }
}

/** Tells what went wrong before an app could be synthesized; the output folder stays, or comes back. */
export async function reportFailure(findings: readonly Finding[]): Promise<void> {
  const output = outputOf(runOptions().outdir ?? process.env.CDK8S_OUTDIR ?? 'dist');
  await report(output, (options) => synthesize({ units: [], findings }, options));
}

async function report(
  output: Output,
  run: (options: AppOptions, write: ReportOptions['write']) => Promise<SynthResult>,
): Promise<SynthResult> {
  const { force, base, cache = true, report: into = processReport() } = runOptions();
  const options: AppOptions = {
    outdir: output.outdir,
    restore: output.mayBeDeleted,
    force,
    ...(base === undefined ? {} : { base }),
    ...launcherOptions(process.env),
    ...(cache ? {} : { cacheDir: undefined }),
  };
  const result = await reportSynth((hooks) => run({ ...options, ...hooks }, into.write), into);
  if (result.summary) return result;
  hideOutput(output);
  const chart = helmChart(output.view ?? output.outdir);
  if (chart !== undefined) removeScaffold(chart);
  if (runOptions().report === undefined) process.exitCode = output.exitCodeOfFailure;
  const deleted = chart ?? output.outdir;
  const restored = output.mayBeDeleted && !isStandardOutput(deleted) ? restoreFromGit(deleted) : 0;
  if (restored > 0)
    into.write(`${restored} files were put back into ${path.relative('', deleted)}, as git has them.\n`);
  return result;
}

function restoreFromGit(outdir: string): number {
  const { restoreOutput } = require('../../bin/restore-output') as typeof import('../../bin/restore-output');
  return restoreOutput(outdir);
}

function processReport(): ReportOptions {
  const isTTY = process.stderr.isTTY === true;
  const { quiet = false, timing = false } = runOptions();
  return {
    write: (text) => process.stderr.write(text),
    color: isTTY,
    quiet,
    timing,
    progress: !quiet && wantsProgress(isTTY, process.env) ? process.stderr : undefined,
  };
}

/** How an app is synthesized: what it does not say itself. */
type AppOptions = Omit<SynthCatalogOptions, 'catalog' | 'extension'>;

/** Looks at all objects before anything is written. */
type LastCheck = (objects: Iterable<CheckedObject>) => Promise<readonly Finding[]>;

/**
 * The same without a word. An app that adds nothing to its catalog loads nothing of cdk8s when nothing has changed.
 * @param last comes after preflight and the app's own checks; it is asked at every run
 */
export async function synthesizeApp(app: SynthesizedApp, options: AppOptions, last?: LastCheck): Promise<SynthResult> {
  const { catalog } = app;
  const source = typeof catalog === 'object' ? { file: 'the catalog', text: JSON.stringify(catalog) } : catalog;
  if (source !== undefined && !app.isExtended && !last) return synthCatalog({ ...options, catalog: source });
  const { AppExtension } = require('./extension') as typeof import('./extension');
  const extension = new AppExtension(app, last);
  if (source !== undefined) return synthCatalog({ ...options, catalog: source, extension });
  const { checkAlone } = require('./check-alone') as typeof import('./check-alone');
  const result = await synthesize(() => extension.planAlone(), {
    ...options,
    fingerprint: extension.fingerprint,
    check: (request) => checkAlone(request, (objects) => extension.check(objects)),
  });
  return { ...result, findings: extension.locate(result.findings) };
}

/** What an app adds to its catalog; nothing when it adds nothing. */
export function extensionOf(app: SynthesizedApp): CatalogExtension | undefined {
  if (!app.isExtended) return undefined;
  const { AppExtension } = require('./extension') as typeof import('./extension');
  return new AppExtension(app);
}
