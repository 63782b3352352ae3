import type { Finding } from '../finding';
import { type FormatOptions, summarize } from './options';

/** For programs: `{findings: [{code, severity, place, message, cause, nearest, fix, docs, because}], summary}`. */
export function formatJson(findings: readonly Finding[], _options: FormatOptions = {}): string {
  const ordered = findings.map(({ code, severity, message, place, cause, nearest, fix, docs, because }) => ({
    code,
    severity,
    message,
    place,
    cause,
    nearest,
    fix,
    docs,
    because,
  }));
  return `${JSON.stringify({ findings: ordered, summary: summarize(findings) }, null, 2)}\n`;
}
