import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { Finding, Severity } from '../../findings';
import type { WrittenObject } from '../../kube';
import type { ManifestObject } from '../../manifests';
import { ExitCode, UsageError } from '../exit-code';
import { type Io, wantsColor } from '../io';
import type { LiveCluster } from '../live-cluster';
import { version } from '../version';
import type { AddCommand } from './command';

const formats = ['text', 'json', 'gitlab', 'sarif', 'markdown'] as const;
const severities: readonly Severity[] = ['error', 'warning', 'info'];

export interface DoctorCommandOptions {
  readonly dump?: readonly string[];
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly cluster?: string;
  readonly scrapeInterval?: string;
  readonly meshProvider?: string;
  readonly format: (typeof formats)[number];
  readonly severity: Severity;
}

export const addDoctor: AddCommand = (program, { io, exit }) => {
  program
    .command('doctor')
    .description('look at a cluster: can rollouts work there, and why did one fail')
    .option('--dump <path...>', 'files and folders of `kubectl get -o yaml` in place of a cluster')
    .option('--kubeconfig <file>', 'how to reach the cluster (default: as kubectl does)')
    .option('--context <name>', 'the context of the kubeconfig')
    .option('--cluster <name>', 'what findings call the cluster')
    .option('--scrape-interval <duration>', 'how often Prometheus scrapes, where the cluster does not tell')
    .option('--mesh-provider <name>', "Flagger's mesh provider, where the cluster does not tell")
    .option('--format <format>', `one of ${formats.join(', ')}`, oneOf(formats), 'text')
    .option(
      '--severity <severity>',
      `leave out what is less than this: ${severities.join(', ')}`,
      oneOf(severities),
      'warning',
    )
    .addHelpText('after', '\nIt reads (kubectl get, queries of Prometheus) and never writes; Secrets are not read.')
    .action(async (options: DoctorCommandOptions) => exit(await runDoctor(options, io)));
};

function oneOf<T extends string>(values: readonly T[]): (value: string) => T {
  return (value) => {
    if ((values as readonly string[]).includes(value)) return value as T;
    throw new InvalidArgumentError(`Allowed are ${values.join(', ')}.`);
  };
}

/** Findings go to stdout; the exit code is 1 when there are errors, or nothing could be read. */
export async function runDoctor(options: DoctorCommandOptions, io: Io): Promise<ExitCode> {
  const { dump, kubeconfig, context, cluster, severity } = options;
  if (dump !== undefined && (kubeconfig !== undefined || context !== undefined))
    throw new UsageError('--dump reads files: --kubeconfig and --context are for a cluster');
  const { examine } = require('../../doctor') as typeof import('../../doctor');
  const read = dump === undefined ? liveObjects(options, io) : dumpedObjects(dump, io);
  if (read.objects.length === 0) {
    print(read.findings, options, io);
    io.stderr.write('nothing could be looked at\n');
    return ExitCode.findings;
  }
  const { findings, canaries, objects, world } = examine({
    objects: read.objects,
    unread: read.unread,
    facts: {
      ...(options.scrapeInterval === undefined ? {} : { scrapeInterval: options.scrapeInterval }),
      ...(options.meshProvider === undefined ? {} : { meshProvider: options.meshProvider }),
    },
    ...(cluster === undefined ? {} : { name: cluster }),
  });
  const metrics = read.live?.metrics(world) ?? { findings: [], asked: 0 };
  const all = [...read.findings, ...metrics.findings, ...findings];
  const floor = severities.indexOf(severity);
  print(
    all.filter((finding) => severities.indexOf(finding.severity) <= floor),
    options,
    io,
  );
  const asked = metrics.asked === 0 ? '' : `, ${metrics.asked} queries asked`;
  io.stderr.write(`looked at ${objects} objects, ${canaries} ${canaries === 1 ? 'Canary' : 'Canaries'}${asked}\n`);
  return all.some((finding) => finding.severity === 'error') ? ExitCode.findings : ExitCode.ok;
}

interface Read {
  readonly objects: readonly WrittenObject[];
  /** Kinds that could not be listed. */
  readonly unread: readonly string[];
  readonly findings: readonly Finding[];
  readonly live?: LiveCluster;
}

function liveObjects({ kubeconfig, context }: DoctorCommandOptions, io: Io): Read {
  const { LiveCluster } = require('../live-cluster') as typeof import('../live-cluster');
  const live = new LiveCluster({ ...(kubeconfig && { kubeconfig }), ...(context && { context }) }, io);
  return { ...live.read(), live };
}

function dumpedObjects(paths: readonly string[], io: Io): Read {
  for (const path of paths) if (!existsSync(resolve(io.cwd, path))) throw new UsageError(`there is no ${path}`);
  const { largestManifestBytes, readManifests, tooLarge } =
    require('../../manifests') as typeof import('../../manifests');
  const { readManifestFiles } = require('../manifest-files') as typeof import('../manifest-files');
  const files = readManifestFiles(paths, { cwd: io.cwd, largestBytes: largestManifestBytes, tooLarge });
  const { inputs, findings } = readManifests(files.files);
  return { objects: inputs.map(written), unread: unlistedKinds(inputs), findings: [...files.findings, ...findings] };
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

function print(findings: readonly Finding[], { format }: DoctorCommandOptions, io: Io): void {
  const all = require('../../findings') as typeof import('../../findings');
  const options = { version, color: wantsColor(io.stdout, io.env) };
  switch (format) {
    case 'text':
      io.stdout.write(all.formatText(findings, options) || 'no findings\n');
      break;
    case 'json':
      io.stdout.write(all.formatJson(findings, options));
      break;
    case 'gitlab':
      io.stdout.write(all.formatGitlab(findings, options));
      break;
    case 'sarif':
      io.stdout.write(all.formatSarif(findings, options));
      break;
    case 'markdown':
      io.stdout.write(all.formatMarkdown(findings, options));
      break;
    default:
      throw new Error(`no format ${format satisfies never}`);
  }
}
