import {
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
import { linkView, outputOf } from './output-folder';
import { runOptions } from './run';

/** Writes the tree of an app and tells a person what came of it. */
export async function synthApp(app: AviaryApp): Promise<SynthOutcome> {
  const { quiet = false, timing, force, cache = true } = runOptions();
  const { outdir, isView, mayBeDeleted } = outputOf(app.outdir);
  const isTTY = process.stderr.isTTY === true;
  const report: ReportOptions = {
    write: (text) => process.stderr.write(text),
    color: isTTY,
    quiet,
    timing,
    progress: !quiet && wantsProgress(isTTY, process.env) ? process.stderr : undefined,
  };
  const options: SynthOptions = {
    outdir,
    restore: mayBeDeleted,
    force,
    ...launcherOptions(process.env),
    ...(cache ? {} : { cacheDir: undefined }),
  };
  const { findings, summary } = await reportSynth((hooks) => synthesizeApp(app, { ...options, ...hooks }), report);
  if (!summary) process.exitCode = 1;
  else if (isView) linkView(outdir);
  return { isWritten: summary !== undefined, findings, ...(summary ? { summary } : {}) };
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
