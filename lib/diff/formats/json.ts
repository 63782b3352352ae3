import type { DiffReport } from '../diff-report';

/** All of it, for programs. `schemaVersion` changes when a field goes or means something else. */
export function diffJson(report: DiffReport): string {
  return `${JSON.stringify({ schemaVersion: 1, ...report }, null, 2)}\n`;
}
