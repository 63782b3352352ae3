import type { App } from 'cdk8s';
import { formatText } from '../findings';
import { synthesize } from '../synth';
import type { SynthOutcome } from './synthesized-app';

/**
 * Writes the charts of a cdk8s App of one's own: each `ManifestFile` (those of `FluxBootstrap` are) at its path, each other chart as cdk8s
 * names its file. The folder is replaced in one step, and what no synth wrote in it is left alone: then nothing is written.
 * @param outdir the folder that gets the tree
 * @throws Error with all findings when an error stops it; the folder is then as it was
 * @example
 * const app = new App();
 * new FluxBootstrap(app, 'production', props);
 * await writeTree(app, 'dist');
 */
export async function writeTree(app: App, outdir: string): Promise<SynthOutcome> {
  const { renderCharts } = require('./rendered-charts') as typeof import('./rendered-charts');
  const { chartUnits } = require('./extension') as typeof import('./extension');
  const { checkAlone } = require('./check-alone') as typeof import('./check-alone');
  const { outputFileExtension, yamlOutputType } = app;
  const rendered = renderCharts(app, {
    outputFileExtension,
    yamlOutputType,
    clusters: [],
    transform: (objects) => [...objects],
  });
  const { findings, summary } = await synthesize(
    { units: chartUnits(rendered), findings: rendered.findings },
    { outdir, check: (request) => checkAlone(request, async () => []) },
  );
  if (!summary) throw new Error(`\n${formatText(findings)}`);
  return { isWritten: true, findings, summary };
}
