import { createHash } from 'node:crypto';
import type { Finding } from '../finding';
import { type FormatOptions, identity, sentences } from './options';

const SEVERITIES = { error: 'major', warning: 'minor', info: 'info' } as const;

/**
 * GitLab's code quality report: shown in merge requests. A fingerprint does not depend on lines, so that a finding that only moved is no news.
 * @see GitLab 18 documentation, ci/testing/code_quality, "Code Quality report format"
 */
export function formatGitlab(findings: readonly Finding[], _options: FormatOptions = {}): string {
  const seen = new Map<string, number>();
  const issues = findings.map((finding) => {
    const same = identity(finding);
    const occurrence = seen.get(same) ?? 0;
    seen.set(same, occurrence + 1);
    const { place } = finding;
    const object = place.object === undefined ? '' : `${place.object}: `;
    return {
      description: `${object}${sentences(finding)}`,
      check_name: finding.code,
      fingerprint: createHash('sha256').update(`${same}\u0000${occurrence}`).digest('hex'),
      severity: SEVERITIES[finding.severity],
      location: { path: relativePath(place.file), lines: { begin: place.line ?? 1 } },
    };
  });
  return `${JSON.stringify(issues, null, 2)}\n`;
}

/** GitLab refuses a report with a path that starts with `./`. */
function relativePath(file: string | undefined): string {
  return file === undefined || file === '' ? 'services.json' : file.replaceAll('\\', '/').replace(/^(\.\/)+/, '');
}
