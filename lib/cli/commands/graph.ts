import { ExitCode, UsageError } from '../exit-code';
import { orFindings, readCatalog, usualCatalog } from '../gitops';
import type { Io } from '../io';
import type { AddCommand } from './command';

const FORMATS = ['text', 'json', 'svg', 'dot'] as const;

/** Options of `graph`. */
export interface GraphCommandOptions {
  readonly catalog: string;
  readonly cluster?: string;
  readonly format: string;
  readonly policies: boolean;
}

/** Adds `graph` to the command line. */
export const addGraph: AddCommand = (program, { io, exit }) => {
  program
    .command('graph')
    .description('show who may connect to whom, by which reference, and what the outside reaches')
    .option('--catalog <file>', 'the service catalog', usualCatalog(io))
    .option('--cluster <name>', 'only this cluster (default: all; svg and dot: the last one)')
    .option('--format <format>', `one of ${FORMATS.join(', ')}`, 'text')
    .option('--policies', 'also what the platform needs, and what is let through beyond the references', false)
    .action(async (options: GraphCommandOptions) => exit(await runGraph(options, io)));
};

/** Prints who calls whom, as text, Mermaid or DOT. */
export async function runGraph(
  { catalog: file, cluster, format, policies }: GraphCommandOptions,
  io: Io,
): Promise<ExitCode> {
  if (!FORMATS.some((one) => one === format)) throw new UsageError(`--format ${format}: ${FORMATS.join(', ')}`);
  return orFindings(io, async () => {
    const { catalog } = readCatalog(file, io);
    const names = catalog.clusters.map(({ name }) => name);
    if (cluster !== undefined && !names.includes(cluster))
      throw new UsageError(`no cluster "${cluster}" in ${file}: it has ${names.join(', ')}`);
    const { catalogGraph } = require('../../charts') as typeof import('../../charts');
    const { dotGraph, printGraph, svgGraph } = require('../../policies') as typeof import('../../policies');
    const picture = format === 'svg' || format === 'dot';
    const shown = cluster === undefined ? (picture ? names.slice(-1) : names) : [cluster];
    const graphs = shown.map((name) => catalogGraph(catalog, name));
    const options = { policies };
    if (format === 'json')
      io.stdout.write(`${JSON.stringify({ clusters: graphs.map((one) => only(one, policies)) }, null, 2)}\n`);
    else if (format === 'svg') io.stdout.write(graphs.map((one) => svgGraph(one, options)).join(''));
    else if (format === 'dot') io.stdout.write(graphs.map((one) => dotGraph(one, options)).join(''));
    else io.stdout.write(graphs.map((one) => printGraph(one, options)).join('\n'));
    return ExitCode.ok;
  });
}

function only<Graph extends { readonly platform: unknown; readonly wider: unknown }>(graph: Graph, policies: boolean) {
  const { platform, wider, ...calls } = graph;
  return policies ? { ...calls, platform, wider } : calls;
}
