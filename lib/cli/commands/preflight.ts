import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { Finding, Severity } from '../../findings';
import type { ClusterObjects } from '../../kube';
import type { ManifestCounts } from '../../manifests';
import type { FixedCatalog, Looked } from '../../synth';
import type { World, WorldFacts } from '../../world';
import { ExitCode, UsageError } from '../exit-code';
import { type FindingFormat, findingFormats, formatFindings } from '../format-findings';
import { usualCatalog } from '../gitops';
import { type Io, type Output, wantsColor } from '../io';
import { meshProvider, oneOf, prometheusDuration, severities } from '../option-values';
import type { AddCommand } from './command';

/** Options of `preflight`. */
export interface PreflightCommandOptions {
  readonly catalog: string;
  /** Files, folders or `-`; the catalog's result without any. */
  readonly manifests?: readonly string[];
  readonly format: FindingFormat;
  readonly severity: Severity;
  readonly facts?: string;
  readonly meshProvider?: string;
  readonly metricsServer?: string;
  readonly scrapeInterval?: string;
  readonly namespace?: string;
  readonly exists?: readonly string[];
  readonly timing: boolean;
  /** List the files that were left out. */
  readonly verbose?: boolean;
  readonly fix?: boolean;
  readonly base?: string;
  readonly out?: string;
}

/** Adds `preflight` to the command line. */
export const addPreflight: AddCommand = (program, { io, exit }) => {
  program
    .command('preflight')
    .description('find what will make a canary fail, before the push')
    .option('--catalog <file>', 'the service catalog', usualCatalog(io))
    .option(
      '--manifests <path...>',
      'check these files and folders of YAML in place of the catalog; - reads the standard input',
    )
    .option('--format <format>', `one of ${findingFormats.join(', ')}`, oneOf(findingFormats), 'text')
    .option(
      '--severity <severity>',
      `leave out what is less than this: ${severities.join(', ')}`,
      oneOf(severities),
      'info',
    )
    .option('--facts <file>', 'a JSON file with facts about the cluster that no manifest tells')
    .option('--mesh-provider <name>', "Flagger's mesh provider, where no manifest installs Flagger", meshProvider)
    .option('--metrics-server <url>', "Flagger's metrics server, where no manifest installs Flagger")
    .option('--scrape-interval <duration>', 'how often Prometheus scrapes, where no manifest says', prometheusDuration)
    .option('--namespace <name>', 'the namespace of objects that name none')
    .option(
      '--exists <object...>',
      'objects that are in the cluster already, such as "Deployment shop/frontend"; * stands for any text',
      objectName,
    )
    .option('--base <ref>', 'say, too, what the step from the tree in this commit, branch or folder may break')
    .option('--out <dir>', 'where that tree stands in the commit', 'dist')
    .option('--fix', 'make the cures that need no judgement in the catalog, and show them as a diff', false)
    .option(
      '--verbose',
      'list the files that nothing applies, and print each of several findings that say the same',
      false,
    )
    .option('--timing', 'print what each rule cost', false)
    .action(async (options: PreflightCommandOptions) => exit(await runPreflightCommand(options, io)));
};

/** The option can be said several times, and takes several at once: each value comes here. */
function objectName(value: string, before: readonly string[] = []): string[] {
  if (/^[A-Z*][\w*]* \S+$/.test(value)) return [...before, value];
  throw new InvalidArgumentError('It must be a kind and a name, such as "Deployment shop/frontend".');
}

/** Findings go to stdout; the exit code is 1 when there are errors. */
export async function runPreflightCommand(options: PreflightCommandOptions, io: Io): Promise<ExitCode> {
  const { manifests, severity } = options;
  if (options.fix && manifests !== undefined)
    throw new UsageError('--fix changes the catalog: it cannot be used with --manifests');
  if (options.base !== undefined && (manifests !== undefined || options.fix))
    throw new UsageError('--base compares what the catalog gives: it cannot be used with --manifests or --fix');
  if (manifests === undefined) refuseFacts(options);
  const { findings, timings, source, summary } =
    manifests === undefined ? await checkCatalog(options, io) : await checkManifests(manifests, options, io);
  const floor = severities.indexOf(severity);
  const rank = (finding: Finding) => severities.indexOf(finding.severity);
  const shown = findings.filter((finding) => rank(finding) <= floor).sort((a, b) => rank(a) - rank(b));
  const form = { source, meaning: meaningOf, folds: !options.verbose };
  io.stdout.write(formatFindings(shown, options.format, io, form));
  if (options.format === 'text') io.stdout.write(`${summary ?? ''}${fixHint(shown)}`);
  if (options.timing) io.stderr.write(timingTable(timings));
  return findings.some((finding) => finding.severity === 'error') ? ExitCode.findings : ExitCode.ok;
}

interface Checked {
  /** The last line for people. */
  readonly summary?: string;
  readonly findings: readonly Finding[];
  readonly timings: readonly Timing[];
  readonly source: (file: string) => string | undefined;
}
interface Timing {
  readonly rule: string;
  readonly milliseconds: number;
}

async function checkManifests(paths: readonly string[], options: PreflightCommandOptions, io: Io): Promise<Checked> {
  const { runPreflight } = require('../../preflight') as typeof import('../../preflight');
  const { decode, largestManifestBytes, sortByCluster, tooLarge } =
    require('../../manifests') as typeof import('../../manifests');
  const { buildWorld } = require('../../world') as typeof import('../../world');
  const { readManifestFiles } = require('../manifest-files') as typeof import('../manifest-files');
  const { lastWins } = require('../last-wins') as typeof import('../last-wins');
  const { disk, findKustomize } = require('../disk') as typeof import('../disk');
  const { mergeClusters } = require('../merge-clusters') as typeof import('../merge-clusters');
  const named = paths.filter((path) => path !== '-');
  const read = readManifestFiles(named, { cwd: io.cwd, largestBytes: largestManifestBytes, tooLarge });
  const files = [...read.files];
  if (files.length === 0 && read.findings.length === 0 && named.length === paths.length)
    throw new UsageError(`nothing to check: there is no file of YAML or JSON in ${named.join(', ')}`);
  if (named.length < paths.length)
    files.push({ file: '-', content: new TextEncoder().encode(await io.readStdin()), isNamed: true });
  const surroundings = { cwd: io.cwd, disk, builder: () => findKustomize(io.env) };
  const { clusters, findings, counts } = sortByCluster(files, surroundings);
  const facts = readFacts(options, io);
  const checked = clusters.map((cluster) => {
    // Two objects of one name: each may be the one that the cluster has in the end, and files of alternatives are hardly all of it.
    const last = lastWins(cluster.inputs, facts.defaultNamespace);
    const own: WorldFacts = {
      ...facts,
      exists: [...(facts.exists ?? []), ...(cluster.exists ?? [])],
      ...(cluster.isPartial || last ? { isPartial: true } : {}),
    };
    const world = buildWorld(cluster.inputs, own);
    const first = runPreflight(world, { clock: clockOf(options) });
    const again = last && runPreflight(buildWorld(last, own));
    return {
      cluster,
      objects: cluster.inputs.length,
      canaries: world.canaries().length,
      providers: world.canaries().map(({ provider }) => provider.value),
      stores: storesOf(world),
      findings: [...first.findings, ...(again?.findings ?? [])],
      timings: first.timings,
    };
  });
  const texts = new Map(files.map(({ file, content }) => [file, content]));
  return {
    findings: [...read.findings, ...findings, ...mergeClusters(checked)],
    summary: summaryOf(counts, checked, options.verbose),
    timings: checked.flatMap((one) => one.timings),
    source: (file) => {
      // A base can lie outside of what was named.
      const path = resolve(io.cwd, file);
      const content = texts.get(file) ?? (disk.kindOf(path) === 'file' ? disk.read(path) : undefined);
      const text = content && decode(content);
      return typeof text === 'string' ? text : undefined;
    },
  };
}

/** Metric stores of templates whose queries no rule reads: only those of Prometheus are parsed. */
function storesOf(world: World): readonly string[] {
  const { textAt } = require('../../kube') as typeof import('../../kube');
  const types = world
    .writtenOfKind('MetricTemplate', 'flagger.app')
    .map(({ object }) => textAt(object, 'spec', 'provider', 'type'));
  return types.filter((type) => type !== undefined && type !== 'prometheus') as string[];
}

/** `90 objects, 3 Canaries (istio, nginx), 2 clusters, 40 kustomizations, 12 files not applied: --verbose lists them`. */
function summaryOf(
  { kustomizations, files, notApplied, foreign, charts }: ManifestCounts,
  checked: readonly {
    readonly objects: number;
    readonly canaries: number;
    readonly providers: readonly string[];
    readonly stores: readonly string[];
  }[],
  isVerbose: boolean | undefined,
): string {
  const count = (number: number, one: string, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;
  const canaries = checked.reduce((sum, one) => sum + one.canaries, 0);
  const providers = [...new Set(checked.flatMap((one) => one.providers))].sort();
  const stores = [...new Set(checked.flatMap((one) => one.stores))].sort();
  const parts = [
    count(
      checked.reduce((sum, one) => sum + one.objects, 0),
      'object',
    ),
    `${count(canaries, 'Canary', 'Canaries')}${providers.length > 0 ? ` (${providers.join(', ')})` : ''}`,
    ...(checked.length > 1 ? [count(checked.length, 'cluster')] : []),
    count(files, 'file'),
    ...(kustomizations > 0 ? [count(kustomizations, 'kustomization')] : []),
    ...(charts > 0 ? [`${count(charts, 'chart')} not checked`] : []),
    ...(notApplied.length > 0 ? [`${count(notApplied.length, 'file')} not applied`] : []),
    ...(foreign.length > 0
      ? [`${count(foreign.length, 'file')} that ${foreign.length === 1 ? 'is' : 'are'} no YAML of Kubernetes`]
      : []),
    ...(stores.length > 0 ? [`queries for ${stores.join(', ')} not read`] : []),
  ];
  const left = [...notApplied, ...foreign];
  const hint =
    left.length === 0 ? '' : isVerbose ? `:\n${left.map((file) => `  ${file}\n`).join('')}` : ': --verbose lists them';
  return `looked at ${parts.join(', ')}${hint}${hint.endsWith('\n') ? '' : '\n'}`;
}

async function checkCatalog({ catalog, ...options }: PreflightCommandOptions, io: Io): Promise<Checked> {
  const { fixCatalog, preflightCatalog } = require('../../synth') as typeof import('../../synth');
  const images = io.env.AVIARY_IMAGES ? { images: resolve(io.cwd, io.env.AVIARY_IMAGES) } : {};
  const before =
    options.base === undefined ? {} : { before: await clustersOf(options.base, options.out ?? 'dist', io) };
  const own = await ofMain(catalog, io);
  if (own.findings.length > 0) return { findings: own.findings, timings: [], source: () => undefined };
  const extension = own.extension === undefined ? {} : { extension: own.extension };
  const asked = { file: catalog, clock: clockOf(options), withEdits: true, ...images, ...before, ...extension };
  const path = resolve(io.cwd, catalog);
  const checked = options.fix ? reportFixes(fixCatalog(path, asked), options, io) : preflightCatalog(path, asked);
  const { findings, timings, texts, looked } = checked;
  const { hasOtherApp } = require('../other-app') as typeof import('../other-app');
  // Its code is not ours to run here.
  const more = looked && hasOtherApp(io) ? '; not at the charts of this project: aviary synth does' : '';
  const summary = looked && `${lookedText(looked)}${more}\n`;
  return {
    findings,
    timings,
    ...(summary === undefined ? {} : { summary }),
    source: (file) => texts?.get(file),
  };
}

/** `looked at 259 objects, 20 Canaries, 2 clusters`. */
function lookedText({ objects, canaries, clusters }: Looked): string {
  const count = (number: number, one: string, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;
  return `looked at ${count(objects, 'object')}, ${count(canaries, 'Canary', 'Canaries')}, ${count(clusters, 'cluster')}`;
}

/** What main.ts adds to the catalog, or what is wrong with its code. */
async function ofMain(catalog: string, io: Io) {
  if (!io.main) return { findings: [] };
  const { extensionOf, runMain } = require('../../app') as typeof import('../../app');
  const { app, findings } = await runMain(io.main, { catalog, isInspection: true });
  return { findings, extension: app && extensionOf(app) };
}

/** What the clusters hold by a commit or a folder; nothing where that has no tree. */
async function clustersOf(base: string, out: string, io: Io): Promise<readonly ClusterObjects[]> {
  const { baseTree } = require('../base-tree') as typeof import('../base-tree');
  const { readTree } = require('../read-tree') as typeof import('../read-tree');
  const tree = await baseTree(base, out, io);
  try {
    if (!existsSync(tree.folder)) return [];
    const { withAllChartObjects } = require('../chart-objects') as typeof import('../chart-objects');
    return await withAllChartObjects({ root: tree.folder, ...readTree(tree.folder, io) }, io);
  } finally {
    tree.remove();
  }
}

/** The changes as a unified diff, and what was not changed: with the findings for people, beside those for programs. */
function reportFixes(
  { files, fixed, refused, checked }: FixedCatalog,
  { format }: Pick<PreflightCommandOptions, 'format'>,
  io: Io,
): FixedCatalog['checked'] {
  const output = format === 'text' ? io.stdout : io.stderr;
  if (files.length > 0) {
    const { createTwoFilesPatch } = require('diff') as typeof import('diff');
    for (const { file, before, text } of files) {
      const patch = createTwoFilesPatch(`a/${file}`, `b/${file}`, before, text, undefined, undefined, { context: 2 });
      output.write(`${painted(patch.replace(/^=+\n/, ''), output, io)}\n`);
    }
    output.write(`${fixedText(fixed)}\n\n`);
  }
  for (const { finding, reason } of refused)
    output.write(`not fixed: ${finding.message} [${finding.code}]: ${reason}\n`);
  return checked;
}

function fixedText(fixed: readonly Finding[]): string {
  const codes = [...new Set(fixed.map(({ code }) => code))].sort();
  return `fixed ${fixed.length === 1 ? '1 finding' : `${fixed.length} findings`}: ${codes.join(', ')}`;
}

function painted(patch: string, output: Output, io: Io): string {
  if (!wantsColor(output, io.env)) return patch;
  const { createColors } = require('picocolors') as typeof import('picocolors');
  const { red, green } = createColors(true);
  return patch
    .split('\n')
    .map((line) => (/^-(?!--)/.test(line) ? red(line) : /^\+(?!\+\+)/.test(line) ? green(line) : line))
    .join('\n');
}

function fixHint(findings: readonly Finding[]): string {
  const count = findings.filter(({ edits }) => edits).length;
  return count === 0 ? '' : `aviary preflight --fix mends ${count === 1 ? 'one' : count} of them\n`;
}

function clockOf({ timing }: Pick<PreflightCommandOptions, 'timing'>): (() => number) | undefined {
  return timing ? () => performance.now() : undefined;
}

/** What the file says; flags say it louder. */
function readFacts(options: PreflightCommandOptions, io: Io): WorldFacts {
  const { facts } = options;
  return { ...(facts === undefined ? {} : readFactsFile(facts, io)), ...statedFacts(options) };
}

/** A catalog says them itself: passed over they would seem to count. */
function refuseFacts(options: PreflightCommandOptions): void {
  const stated = Object.keys(statedFacts(options)) as (keyof WorldFacts)[];
  if (options.facts === undefined && stated.length === 0) return;
  const { factOptions } = require('../../world') as typeof import('../../world');
  const flags = [...(options.facts === undefined ? [] : ['--facts']), ...stated.map((fact) => factOptions[fact])];
  throw new UsageError(
    `${flags.join(', ')}: only with --manifests; what a catalog gives is known, and what it misses in the cluster is silenced there (preflight.ignore)`,
  );
}

function statedFacts(options: PreflightCommandOptions): WorldFacts {
  const { meshProvider, metricsServer, scrapeInterval, namespace, exists } = options;
  return {
    ...(meshProvider === undefined ? {} : { meshProvider }),
    ...(metricsServer === undefined ? {} : { metricsServer }),
    ...(scrapeInterval === undefined ? {} : { scrapeInterval }),
    ...(namespace === undefined ? {} : { defaultNamespace: namespace }),
    ...(exists === undefined ? {} : { exists }),
  };
}

function readFactsFile(file: string, io: Io): WorldFacts {
  const { factsSchema } = require('../facts-file') as typeof import('../facts-file');
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(resolve(io.cwd, file), 'utf8'));
  } catch (error) {
    throw new UsageError(`the facts in ${file} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  const parsed = factsSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UsageError(`the facts in ${file} are wrong at /${issue?.path.join('/') ?? ''}: ${issue?.message}`);
}

/** What a rule says of itself; the catalog's codes have one line. */
function meaningOf(code: string) {
  const { rules } = require('../../preflight') as typeof import('../../preflight');
  const { CATALOG_CODES } = require('../../catalog') as typeof import('../../catalog');
  const rule = rules.find(({ id }) => id === code);
  if (rule) return { short: rule.cause, full: rule.why };
  const text = Object.hasOwn(CATALOG_CODES, code) ? CATALOG_CODES[code as keyof typeof CATALOG_CODES] : undefined;
  return text === undefined ? undefined : { short: text, full: text };
}

/** What costs less is in the sum of the others. */
const SHOWN_MILLISECONDS = 0.1;

function timingTable(timings: readonly Timing[]): string {
  const line = (milliseconds: number, name: string) => `${milliseconds.toFixed(1).padStart(8)} ms  ${name}\n`;
  const shown = timings.filter(({ milliseconds }) => milliseconds >= SHOWN_MILLISECONDS);
  const rest = timings.filter(({ milliseconds }) => milliseconds < SHOWN_MILLISECONDS);
  const sum = rest.reduce((total, { milliseconds }) => total + milliseconds, 0);
  const lines = [...shown]
    .sort((a, b) => b.milliseconds - a.milliseconds)
    .map(({ rule, milliseconds }) => line(milliseconds, rule));
  return [...lines, ...(rest.length > 0 ? [line(sum, `${rest.length} others together`)] : [])].join('');
}
