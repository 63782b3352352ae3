import type { Finding } from '../finding';
import { docsLink, type FormatOptions, sentence, summarize, summaryText } from './options';
import { placeText } from './text';

const HEADINGS = [
  ['error', 'Errors'],
  ['warning', 'Warnings'],
  ['info', 'Notes'],
] as const;

/** For a comment in a merge request: one list a severity. */
export function formatMarkdown(findings: readonly Finding[], options: FormatOptions = {}): string {
  const sections = HEADINGS.flatMap(([severity, heading]) => {
    const chosen = findings.filter((finding) => finding.severity === severity);
    if (chosen.length === 0) return [];
    return [`## ${heading}\n\n${chosen.map((finding) => item(finding, options)).join('\n')}`];
  });
  const summary = summaryText(summarize(findings));
  return `${[`**${summary.charAt(0).toUpperCase()}${summary.slice(1)}**`, ...sections].join('\n\n')}\n`;
}

function item(finding: Finding, { docsUrl }: FormatOptions): string {
  const { code, docs, message, nearest, cause, fix, because } = finding;
  const where = placeText(finding.place);
  const name = docs === undefined ? inCode(code) : `[${inCode(code)}](${docsLink(docs, docsUrl)})`;
  const hint = nearest === undefined ? '' : ` Did you mean ${inCode(nearest)}?`;
  const lines = [
    `- ${where === '' ? '' : `${inCode(where)}: `}${escapeText(sentence(message))}${hint} (${name})`,
    ...(cause === undefined ? [] : [`  - Cause: ${escapeText(cause)}`]),
    ...(fix === undefined ? [] : [`  - Fix: ${escapeText(fix)}`]),
    ...(because === undefined || because.length === 0 ? [] : [`  - Because of: ${because.map(inCode).join(', ')}`]),
  ];
  return lines.join('\n');
}

/** Text of a user's file must not become markup, a mention or a new item. */
function escapeText(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~@]/g, (character) => `\\${character}`).replace(/\s*\n\s*/g, ' ');
}

function inCode(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = longest > 0 ? ' ' : '';
  return `${fence}${pad}${text.replace(/\s*\n\s*/g, ' ')}${pad}${fence}`;
}
