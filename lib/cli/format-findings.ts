import type { Finding, FormatOptions } from '../findings';
import { type Io, wantsColor } from './io';
import { version } from './version';

/** The forms in which findings can be written. */
export const findingFormats = ['text', 'json', 'gitlab', 'sarif', 'markdown'] as const;
/** One of them. */
export type FindingFormat = (typeof findingFormats)[number];

/** The findings in one form, for stdout. */
export function formatFindings(
  findings: readonly Finding[],
  format: FindingFormat,
  io: Io,
  more: Omit<FormatOptions, 'color' | 'version'> = {},
): string {
  const all = require('../findings') as typeof import('../findings');
  const options = { version, color: wantsColor(io.stdout, io.env), ...more };
  switch (format) {
    case 'text':
      return all.formatText(findings, options) || 'no findings\n';
    case 'json':
      return all.formatJson(findings, options);
    case 'gitlab':
      return all.formatGitlab(findings, options);
    case 'sarif':
      return all.formatSarif(findings, options);
    case 'markdown':
      return all.formatMarkdown(findings, options);
    default: {
      const never: never = format;
      return never;
    }
  }
}
