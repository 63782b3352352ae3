import { lstatSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import type { Finding } from '../findings';

/** More than this many names help nobody. */
const MAX_LISTED = 5;

/**
 * The cdk8s CLI tells an app by CDK8S_OUTDIR where to write, and deletes that folder first. Where the tree goes elsewhere, what is in it
 * now was written by an App of somebody's own, and no cluster would ever see it.
 */
export function foreignApp(outdir: string, view = process.env.CDK8S_OUTDIR): Finding | undefined {
  if (view === undefined || path.resolve(view) === path.resolve(outdir) || !isFolder(view)) return undefined;
  const files = readdirSync(view);
  if (files.length === 0) return undefined;
  const more = files.length > MAX_LISTED ? ` and ${files.length - MAX_LISTED} more` : '';
  return {
    code: 'foreign-app',
    severity: 'error',
    place: { file: 'main.ts' },
    message: `a cdk8s App of its own wrote ${files.slice(0, MAX_LISTED).join(', ')}${more}, which no cluster's folder would get`,
    cause: 'Flux applies what the kustomization.yaml of a folder below dist/ lists, and nothing else.',
    fix: "Put the charts into the AviaryApp: new Chart(app.cluster('production').apps, 'mine') in place of new Chart(new App(), 'mine')",
    docs: 'docs/extending.md',
  };
}

function isFolder(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
}
