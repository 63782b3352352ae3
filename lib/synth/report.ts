import { readFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { formatText } from '../findings';
import { foreignApp } from './foreign-app';
import { terminalProgress } from './progress';
import type { SynthPhases, SynthSummary } from './summary';
import { type SynthCatalogOptions, synthCatalog } from './synth-catalog';
import { type SynthOptions, type SynthResult, synthesize } from './synthesize';

/** How a person is told of a run. */
export interface ReportOptions {
  /** Where findings, notices and the summary go. */
  write(text: string): void;
  readonly color: boolean;
  /** Only findings. */
  readonly quiet: boolean;
  /** Says where the time went. @default false */
  readonly timing?: boolean;
  /** The terminal that gets a line of progress when it takes long; none without. */
  readonly progress?: Writable;
}

/** Synthesizes and tells a person what came of it. True when the tree is written. */
export async function synthAndReport(options: SynthCatalogOptions, report: ReportOptions): Promise<boolean> {
  const refusal = foreignApp(options.outdir);
  const { summary } = await reportSynth(
    (hooks) =>
      refusal
        ? synthesize({ units: [], findings: [refusal] }, { ...options, ...hooks })
        : synthCatalog({ ...options, ...hooks }),
    report,
  );
  return summary !== undefined;
}

/** Runs a synth and tells a person what came of it. */
export async function reportSynth(
  run: (hooks: Pick<SynthOptions, 'onProgress' | 'onNotice'>) => Promise<SynthResult>,
  report: ReportOptions,
): Promise<SynthResult> {
  const progress = report.progress && terminalProgress(report.progress);
  const notices: string[] = [];
  const result = await run({
    onProgress: progress?.onProgress,
    onNotice: (line) => notices.push(`${line}\n`),
  }).finally(() => progress?.stop());
  const { findings, summary } = result;
  if (!report.quiet) report.write(notices.join(''));
  report.write(formatText(findings, { source: sourceOf, color: report.color }));
  if (summary && !report.quiet) report.write(`${summaryLine(summary)}\n`);
  if (summary?.phases && report.timing) report.write(phasesLine(summary.phases));
  return result;
}

/** `plan 12 ms, build 140 ms, check 22 ms, write 9 ms`. */
function phasesLine(phases: SynthPhases): string {
  const parts = (['plan', 'build', 'check', 'write'] as const).map((name) => `${name} ${phases[name].toFixed(0)} ms`);
  return `${parts.join(', ')}\n`;
}

/** A file that a finding is in may be the one that cannot be read. */
function sourceOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** `12 services in 2 clusters, 118 objects, 20 Canaries: 3 files written, 54 unchanged, 0.21 s`. */
export function summaryLine(summary: SynthSummary): string {
  const { services, clusters, objects, canaries, written, removed, unchanged, milliseconds } = summary;
  const changes = [
    written > 0 && `${count(written, 'file')} written`,
    removed > 0 && `${count(removed, 'file')} removed`,
    unchanged > 0 && (written + removed > 0 ? `${unchanged} unchanged` : `${count(unchanged, 'file')}, all unchanged`),
  ].filter((part) => part !== false);
  const what = [
    `${count(services, 'service')} in ${count(clusters, 'cluster')}`,
    count(objects, 'object'),
    canaries === 1 ? '1 Canary' : `${canaries} Canaries`,
  ];
  return `${what.join(', ')}: ${changes.join(', ')}, ${(milliseconds / 1000).toFixed(2)} s`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
