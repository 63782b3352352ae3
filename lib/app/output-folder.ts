import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import * as path from 'node:path';

/** Where the tree goes when nobody says otherwise: it is committed, and Flux applies it. */
const OUTPUT = 'dist';

/** What cdk8s.yaml calls its output. The cdk8s CLI deletes that before it starts the app, so the tree is never there. */
const viewPath = (): string => path.resolve('node_modules/.cache/aviary/dist');

/** The one manifest that the CLI is shown: it lists each file that it finds, under another path than the tree's. */
const SHOWN = 'index.yaml';

/** Where a run writes, and what the cdk8s CLI in front of it expects. */
export interface Output {
  readonly outdir: string;
  /** What the CLI was told is the output, where that is not the tree. */
  readonly view?: string;
  /** The cdk8s CLI has deleted the folder itself. */
  readonly mayBeDeleted: boolean;
  /**
   * With the view the CLI says by itself that its folder is missing, and ends with 1; told of an exit code it would print a stack of
   * its own.
   */
  readonly exitCodeOfFailure: 0 | 1;
}

export function outputOf(outdir: string): Output {
  const view = viewPath();
  const isOfCli = process.env.CDK8S_OUTDIR !== undefined;
  if (path.resolve(outdir) !== view) return { outdir, mayBeDeleted: isOfCli, exitCodeOfFailure: 1 };
  return { outdir: OUTPUT, view, mayBeDeleted: false, exitCodeOfFailure: isOfCli ? 0 : 1 };
}

/** So that the CLI finds something, and lists no file under a path that is not the tree's. */
export function showOutput({ outdir, view }: Output): void {
  if (view === undefined) return;
  rmSync(view, { recursive: true, force: true });
  mkdirSync(view, { recursive: true });
  symlinkSync(path.resolve(outdir), path.join(view, SHOWN), 'junction');
}

/** The CLI misses its output then, and says so. */
export function hideOutput({ view }: Output): void {
  if (view !== undefined) rmSync(view, { recursive: true, force: true });
}
