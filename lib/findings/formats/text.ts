import { createColors } from 'picocolors';
import type { Finding, Place } from '../finding';
import { docsLink, type FormatOptions, sentence, summarize, summaryText } from './options';

/** Longer lines (a minified file) are cut to a window around the caret. */
const MAX_WIDTH = 110;
/** So many findings that say the same of other objects are printed one by one. */
const MAX_ALIKE = 3;
/** So many of their places are named when they are folded into one. */
const MAX_PLACES = 5;

/** For people: place, sentence, line of source with a caret, cause and fix; a summary at the end. Empty without findings. */
export function formatText(findings: readonly Finding[], options: FormatOptions = {}): string {
  if (findings.length === 0) return '';
  const lines = linesByFile(options, findings);
  const blocks = folded(findings, options.folds ?? false).map(([first, ...others]) =>
    [block(first, options, lines), ...detail(`and ${others.length} more`, placesOf(others))].join('\n'),
  );
  return `${blocks.join('\n\n')}\n\n${summaryText(summarize(findings))}\n`;
}

type Alike = readonly [first: Finding, ...others: Finding[]];

/** Findings that say the same of other objects, together where the first of them stands. */
function folded(findings: readonly Finding[], folds: boolean): Alike[] {
  if (!folds) return findings.map((finding) => [finding]);
  const alike = new Map<string, [Finding, ...Finding[]]>();
  for (const finding of findings) {
    const key = alikeKey(finding);
    const known = alike.get(key);
    if (known) known.push(finding);
    else alike.set(key, [finding]);
  }
  return findings.flatMap((finding): Alike[] => {
    const all = alike.get(alikeKey(finding));
    if (!all || all.length <= MAX_ALIKE) return [[finding]];
    return finding === all[0] ? [all] : [];
  });
}

/** What is in quotation marks are names. */
function alikeKey({ code, severity, message, cause, fix, because }: Finding): string {
  const unnamed = [message, fix ?? ''].map((text) => text.replaceAll(/"[^"]*"/g, '""'));
  return JSON.stringify([code, severity, ...unnamed, cause, because]);
}

function placesOf(findings: readonly Finding[]): string {
  const places = findings
    .slice(0, MAX_PLACES)
    .map(({ place: { file, line, object, cluster } }) => placeText({ file, line, object, cluster }));
  const left = findings.length - places.length;
  return [...places, ...(left > 0 ? [`${left} more (--verbose prints each)`] : [])].join('; ');
}

type Lines = (file: string, line: number) => string | undefined;

/** Lines of the sources, but none that holds a secret. */
function linesByFile({ source }: FormatOptions, findings: readonly Finding[]): Lines {
  const hidden = new Set(findings.filter(({ isSecret }) => isSecret).map(({ place }) => `${place.file}:${place.line}`));
  const known = new Map<string, readonly string[] | undefined>();
  return (file, line) => {
    if (hidden.has(`${file}:${line}`)) return undefined;
    if (!known.has(file)) known.set(file, source?.(file)?.split(/\r?\n/));
    return known.get(file)?.[line - 1];
  };
}

function block(finding: Finding, options: FormatOptions, lines: Lines): string {
  const colors = createColors(options.color ?? false);
  const paint = { error: colors.red, warning: colors.yellow, info: colors.cyan }[finding.severity];
  const { place, message, nearest, cause, fix, docs, because } = finding;
  const where = placeText(place);
  const hint = nearest === undefined ? '' : ` Did you mean ${colors.bold(`"${nearest}"`)}?`;
  const severity = paint(colors.bold(finding.severity));
  const head = `${where === '' ? '' : `${colors.bold(where)}: `}${severity}: ${sentence(message)}${hint} ${colors.dim(`[${finding.code}]`)}`;
  return [
    head,
    ...excerpt(place, lines, paint, colors.dim),
    ...detail('cause', cause),
    ...detail('fix', fix),
    ...detail('because of', because?.join(', ')),
    ...detail('more', moreOf(docs, finding.code, options.docsUrl)),
  ].join('\n');
}

/** Where to read on: who has installed Aviary has the pages of rules and dangers as a command, not as files. */
function moreOf(docs: string | undefined, code: string, docsUrl: string | undefined): string | undefined {
  if (docs === undefined) return undefined;
  const isExplained = [`docs/rules/${code}.md`, `docs/dangers/${code}.md`].includes(docs);
  return docsUrl === undefined && isExplained ? `aviary explain ${code}` : docsLink(docs, docsUrl);
}

/** `services.json:41:18 /services/3/name Deployment shop/cart (production)`. */
export function placeText({ file, line, column, pointer, object, cluster }: Place): string {
  const position = [file, line, line === undefined ? undefined : column].filter((part) => part !== undefined).join(':');
  return [position, pointer, object, cluster === undefined ? undefined : `(${cluster})`]
    .filter((part) => part !== undefined && part !== '')
    .join(' ');
}

function detail(name: string, text: string | undefined): string[] {
  if (text === undefined || text === '') return [];
  return [`  ${name}: ${text.split('\n').join('\n    ')}`];
}

function excerpt(place: Place, lines: Lines, paint: (text: string) => string, dim: (text: string) => string): string[] {
  const { file, line, column = 1 } = place;
  const text = file === undefined || line === undefined ? undefined : lines(file, line);
  if (text === undefined || line === undefined) return [];
  const from = column > MAX_WIDTH - 20 ? column - MAX_WIDTH / 2 : 0;
  const shown = text.slice(from, from + MAX_WIDTH);
  const before = text.slice(from, column - 1);
  // Control characters would disturb the terminal; a tab stays, so that the caret stays below its column.
  const clean = (part: string) => part.replace(/[^\P{Cc}\t]/gu, '\u00b7');
  const gutter = String(line);
  const blank = ' '.repeat(gutter.length);
  const caret = `${before.replace(/[^\t]/g, ' ')}^`;
  return [
    `  ${dim(`${gutter} |`)} ${from > 0 ? '…' : ''}${clean(shown)}${from + MAX_WIDTH < text.length ? '…' : ''}`,
    `  ${dim(`${blank} |`)} ${from > 0 ? ' ' : ''}${paint(caret)}`,
  ];
}
