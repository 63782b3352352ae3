import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { AskMetrics, MetricAnswer } from '../../doctor';
import type { Finding, Severity } from '../../findings';
import { fieldsAt, listAt, textAt, type WrittenObject } from '../../kube';
import type { ManifestObject } from '../../manifests';
import { ExitCode, UsageError } from '../exit-code';
import { type FindingFormat, findingFormats, formatFindings } from '../format-findings';
import type { Io } from '../io';
import type { ReadCluster } from '../live-cluster';
import { meshProvider, oneOf, prometheusDuration, severities } from '../option-values';
import type { AddCommand } from './command';

/** Options of `doctor`. */
export interface DoctorCommandOptions {
  readonly dump?: readonly string[];
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly cluster?: string;
  readonly namespace?: readonly string[];
  readonly prometheus?: readonly string[];
  readonly save?: string;
  readonly scrapeInterval?: string;
  readonly meshProvider?: string;
  readonly format: FindingFormat;
  readonly severity: Severity;
}

/** Adds `doctor` to the command line. */
export const addDoctor: AddCommand = (program, { io, exit }) => {
  program
    .command('doctor')
    .description('look at a cluster: can rollouts work there, and why did one fail')
    .option('--dump <path...>', 'files and folders of `kubectl get -o yaml` in place of a cluster')
    .option('--kubeconfig <file>', 'how to reach the cluster (default: as kubectl does)')
    .option('--context <name>', 'the context of the kubeconfig')
    .option('--cluster <name>', 'what findings call the cluster')
    .option('--namespace <name...>', 'read these namespaces only (default: all)')
    .option(
      '--prometheus <address=url...>',
      'reach the Prometheus of this address by that URL, such as a forwarded port',
    )
    .option('--save <file>', 'write what was read there, as a dump: for --dump, elsewhere')
    .option(
      '--scrape-interval <duration>',
      'how often Prometheus scrapes, where the cluster does not tell',
      prometheusDuration,
    )
    .option('--mesh-provider <name>', "Flagger's mesh provider, where the cluster does not tell", meshProvider)
    .option('--format <format>', `one of ${findingFormats.join(', ')}`, oneOf(findingFormats), 'text')
    .option(
      '--severity <severity>',
      `leave out what is less than this: ${severities.join(', ')}`,
      oneOf(severities),
      'warning',
    )
    .addHelpText('after', '\nIt reads (kubectl get, queries of Prometheus) and never writes; Secrets are not read.')
    .action(async (options: DoctorCommandOptions) => exit(await runDoctor(options, io)));
};

/** Findings go to stdout; the exit code is 1 when there are errors, or nothing could be read. */
export async function runDoctor(options: DoctorCommandOptions, io: Io): Promise<ExitCode> {
  const { dump, kubeconfig, context, namespace, cluster, severity } = options;
  if (dump !== undefined && [kubeconfig, context, namespace].some((one) => one !== undefined))
    throw new UsageError('--dump reads files: --kubeconfig, --context and --namespace are for a cluster');
  const { examine, inWordsOf, liveWorld, metricEvidence, scrapeInterval } =
    require('../../doctor') as typeof import('../../doctor');
  const read = dump === undefined ? liveObjects(options, io) : dumpedObjects(dump, options, io);
  if (read.objects.length === 0) {
    print(read.findings, options, io);
    io.stderr.write('nothing could be looked at\n');
    return ExitCode.findings;
  }
  const seen = {
    objects: read.objects,
    unread: read.unread,
    facts: {
      ...(options.scrapeInterval === undefined ? {} : { scrapeInterval: options.scrapeInterval }),
      ...(options.meshProvider === undefined ? {} : { meshProvider: options.meshProvider }),
    },
    ...(read.kubernetes === undefined ? {} : { kubernetes: read.kubernetes }),
    ...(read.definitions === undefined ? {} : { definitions: read.definitions }),
    ...(cluster === undefined ? {} : { name: cluster }),
  };
  const world = liveWorld(seen);
  const metrics = read.ask && (await metricEvidence(world, read.ask));
  // As it is, not as the chart says.
  const measured =
    read.ask && options.scrapeInterval === undefined && metrics && metrics.asked > 0
      ? await scrapeInterval(world.flagger.metricsServer.value, read.ask)
      : undefined;
  const { findings, canaries, objects } = examine({
    ...seen,
    ...(metrics && { evidence: metrics.byCanary }),
    facts: { ...seen.facts, ...(measured === undefined ? {} : { scrapeInterval: measured }) },
  });
  if (options.save !== undefined) save(options.save, read, io);
  const told = (finding: Finding, isLive: boolean): Finding =>
    inWordsOf(isLive || read.ask || read.definitions ? 'cluster' : 'dump', isLive ? withoutFile(finding) : finding);
  const all = [...read.findings, ...(metrics?.findings ?? []), ...findings].map((finding) =>
    told(finding, dump === undefined),
  );
  const floor = severities.indexOf(severity);
  print(
    all.filter((finding) => severities.indexOf(finding.severity) <= floor),
    options,
    io,
  );
  const asked = metrics === undefined || metrics.asked === 0 ? '' : `, ${metrics.asked} queries asked`;
  io.stderr.write(`looked at ${objects} objects, ${canaries} ${canaries === 1 ? 'Canary' : 'Canaries'}${asked}\n`);
  return all.some((finding) => finding.severity === 'error') ? ExitCode.findings : ExitCode.ok;
}

/** A cluster has no files. */
function withoutFile({ place: { file: _, line: __, column: ___, ...place }, ...finding }: Finding): Finding {
  return { ...finding, place };
}

interface Read extends ReadCluster {
  /** How metric stores are asked; undefined where nobody can. */
  readonly ask?: AskMetrics;
  /** What they have answered, by `address path`. */
  readonly answers: Map<string, MetricAnswer>;
}

function liveObjects({ kubeconfig, context, namespace, prometheus = [] }: DoctorCommandOptions, io: Io): Read {
  const { LiveCluster } = require('../live-cluster') as typeof import('../live-cluster');
  const live = new LiveCluster(
    {
      ...(kubeconfig && { kubeconfig }),
      ...(context && { context }),
      ...(namespace && { namespaces: namespace }),
      prometheus: urlsOf(prometheus),
    },
    io,
  );
  const answers = new Map<string, MetricAnswer>();
  const ask: AskMetrics = async (address, path) => {
    const answer = await live.ask(address, path);
    answers.set(`${address} ${path}`, answer);
    return answer;
  };
  return { ...live.read(), ask, answers };
}

/** `http://prometheus.monitoring:9090=http://localhost:9090`. */
function urlsOf(pairs: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    pairs.map((pair) => {
      const [, address, url] = /^(https?:\/\/[^=]+?)\/*=(https?:\/\/.+)$/.exec(pair) ?? [];
      if (address === undefined || url === undefined)
        throw new UsageError(
          `--prometheus ${pair}: write ADDRESS=URL, such as http://prometheus.monitoring:9090=http://localhost:9090`,
        );
      return [address, url];
    }),
  );
}

/** What a saved dump has besides objects: the version, what could not be read, and what Prometheus answered. */
const ANSWERS = { apiVersion: 'aviary.dev/v1', kind: 'DoctorAnswers' } as const;

function save(file: string, { objects, unread, kubernetes, definitions, answers }: Read, io: Io): void {
  const own = {
    ...ANSWERS,
    metadata: { name: 'answers' },
    unread,
    kubernetes,
    definitions,
    metrics: Object.fromEntries(answers),
  };
  const items = [...objects.map(({ object }) => object), own];
  writeFileSync(resolve(io.cwd, file), `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items })}\n`);
}

function dumpedObjects(paths: readonly string[], { prometheus = [] }: DoctorCommandOptions, io: Io): Read {
  if (prometheus.length > 0) throw new UsageError('--dump reads files: --prometheus is for a cluster');
  for (const path of paths) if (!existsSync(resolve(io.cwd, path))) throw new UsageError(`there is no ${path}`);
  const { largestManifestBytes, readManifests, tooLarge } =
    require('../../manifests') as typeof import('../../manifests');
  const { readManifestFiles } = require('../manifest-files') as typeof import('../manifest-files');
  const files = readManifestFiles(paths, { cwd: io.cwd, largestBytes: largestManifestBytes, tooLarge });
  const { inputs, findings } = readManifests(files.files);
  const saved = inputs.find(({ object }) => object.kind === ANSWERS.kind && object.apiVersion === ANSWERS.apiVersion);
  const objects = inputs.filter((input) => input !== saved).map(written);
  const said = [...files.findings, ...findings];
  const answers = new Map<string, MetricAnswer>();
  if (!saved) return { objects, unread: unlistedKinds(inputs), findings: said, answers };
  const metrics = fieldsAt(saved.object, 'metrics');
  const ask: AskMetrics = async (address, path) =>
    (metrics[`${address} ${path}`] as MetricAnswer | undefined) ?? {
      error: 'it was not asked when the dump was saved',
    };
  const kubernetes = textAt(saved.object, 'kubernetes');
  return {
    ...{ objects, findings: said, answers },
    unread: listAt(saved.object, 'unread').map(String),
    ...(Object.keys(metrics).length > 0 ? { ask } : {}),
    ...(kubernetes === undefined ? {} : { kubernetes }),
    ...(Array.isArray(saved.object.definitions) ? { definitions: saved.object.definitions.map(String) } : {}),
  };
}

function written({ object, file, place }: ManifestObject, document: number): WrittenObject {
  return {
    object,
    origin: { file: file ?? '', document, place: (pointer) => place(pointer, object) },
  };
}

/** A dump holds what somebody asked for: of a kind that it has none of, nobody knows whether the cluster has one. */
const MAY_LACK = ['ConfigMap', 'Namespace', 'Service', 'Deployment', 'MetricTemplate', 'AlertProvider', 'Gateway'];

function unlistedKinds(inputs: readonly ManifestObject[]): string[] {
  const present = new Set(inputs.map(({ object }) => object.kind));
  return MAY_LACK.filter((kind) => !present.has(kind));
}

const print = (findings: readonly Finding[], { format }: DoctorCommandOptions, io: Io): void =>
  void io.stdout.write(formatFindings(findings, format, io));
