import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import * as path from 'node:path';

/** Where the tree goes when nobody says otherwise: it is committed, and Flux applies it. */
const OUTPUT = 'dist';

/** What cdk8s.yaml calls its output. The cdk8s CLI deletes that before it starts the app, so it only is a link to the tree. */
const viewPath = (): string => path.resolve('node_modules/.cache/aviary/dist');

export interface Output {
  readonly outdir: string;
  /** The CLI was given the link: it is made when the tree is written. */
  readonly isView: boolean;
  /** The cdk8s CLI has deleted the folder itself. */
  readonly mayBeDeleted: boolean;
}

export function outputOf(outdir: string): Output {
  if (path.resolve(outdir) === viewPath()) return { outdir: OUTPUT, isView: true, mayBeDeleted: false };
  return { outdir, isView: false, mayBeDeleted: process.env.CDK8S_OUTDIR !== undefined };
}

/** So that the CLI finds, and lists, what was written. */
export function linkView(outdir: string): void {
  const view = viewPath();
  mkdirSync(path.dirname(view), { recursive: true });
  rmSync(view, { recursive: true, force: true });
  symlinkSync(path.resolve(outdir), view, 'junction');
}
