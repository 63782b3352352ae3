import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Finding } from '../findings';

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

/** Where the tree of a run goes, and what the cdk8s CLI sees of it. */
export function outputOf(outdir: string): Output {
  const view = viewPath();
  const isOfCli = process.env.CDK8S_OUTDIR !== undefined;
  if (path.resolve(outdir) !== view) return { outdir, mayBeDeleted: isOfCli, exitCodeOfFailure: 1 };
  return { outdir: OUTPUT, view, mayBeDeleted: false, exitCodeOfFailure: isOfCli ? 0 : 1 };
}

/**
 * So that the CLI finds something, and lists no file under a path that is not the tree's.
 * @param metadata for its plugins, which get all files then
 */
export function showOutput({ outdir, view }: Output, metadata: object | undefined): void {
  if (view === undefined) return;
  rmSync(view, { recursive: true, force: true });
  mkdirSync(view, { recursive: true });
  if (metadata === undefined) {
    symlinkSync(path.resolve(outdir), path.join(view, SHOWN), 'junction');
    return;
  }
  // The CLI does not follow links to folders.
  for (const file of readdirSync(outdir, { recursive: true }) as string[]) {
    if (!file.endsWith('.yaml')) continue;
    mkdirSync(path.dirname(path.join(view, file)), { recursive: true });
    symlinkSync(path.resolve(outdir, file), path.join(view, file));
  }
  writeFileSync(path.join(view, 'construct-metadata.json'), JSON.stringify(metadata));
}

/** What the CLI puts into the folder of a chart before it starts the app. */
const SCAFFOLD = ['Chart.yaml', 'README.md', 'crds', 'templates'];

/**
 * `--format helm`, or `synthConfig` of cdk8s.yaml: a chart would have no clusters, no order and no health.
 * @see cdk8s-cli 2.207 lib/cli/cmds/synth.js createHelmScaffolding
 */
export function refusedHelm(outdir: string): Finding | undefined {
  const chart = helmChart(outdir);
  if (chart === undefined) return undefined;
  return {
    code: 'helm-format',
    severity: 'error',
    place: { file: chart },
    message: 'the tree cannot be written as one Helm chart',
    cause: 'Flux applies it layer by layer and wave by wave; a chart has neither, nor a folder for each cluster.',
    fix: 'Leave --format helm, or synthConfig in cdk8s.yaml, out. Charts of others are installed by a HelmRelease, or rendered by the Helm construct',
    docs: 'docs/cdk8s.md',
  };
}

/** The folder of the chart that the CLI has begun there. */
export function helmChart(outdir: string): string | undefined {
  const chart = path.dirname(path.resolve(outdir));
  const isChart = path.basename(outdir) === 'templates' && existsSync(path.join(chart, 'Chart.yaml'));
  return isChart ? chart : undefined;
}

/** Takes away what the CLI has begun, and nothing else. */
export function removeScaffold(chart: string): void {
  if (readdirSync(chart).every((name) => SCAFFOLD.includes(name))) rmSync(chart, { recursive: true, force: true });
}

/** The CLI misses its output then, and says so. */
export function hideOutput({ view }: Output): void {
  if (view !== undefined) rmSync(view, { recursive: true, force: true });
}
