import { type Finding, formatText } from '../findings';
import type { SynthSummary } from './synthesize';

/** `12 services, 118 objects: 3 files written, 1 removed, 54 unchanged in 0.21 s.` */
export function summaryLine({ services, objects, written, removed, unchanged, milliseconds }: SynthSummary): string {
  const changes = [
    written > 0 && `${count(written, 'file')} written`,
    removed > 0 && `${count(removed, 'file')} removed`,
    unchanged > 0 && (written + removed > 0 ? `${unchanged} unchanged` : `${count(unchanged, 'file')}, all unchanged`),
  ].filter((part) => part !== false);
  return `${count(services, 'service')}, ${count(objects, 'object')}: ${changes.join(', ')}, ${(milliseconds / 1000).toFixed(2)} s`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** Findings for people, with the lines of the files they are in. */
export function findingsText(
  findings: readonly Finding[],
  source: (file: string) => string | undefined,
  color: boolean,
): string {
  return formatText(findings, { source, color });
}
