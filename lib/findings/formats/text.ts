import { createColors } from 'picocolors';
import type { Finding, Place } from '../finding';
import { docsLink, type FormatOptions, sentence, summarize, summaryText } from './options';

/** Longer lines (a minified file) are cut to a window around the caret. */
const MAX_WIDTH = 110;

/** For people: place, sentence, line of source with a caret, cause and fix; a summary at the end. Empty without findings. */
export function formatText(findings: readonly Finding[], options: FormatOptions = {}): string {
  if (findings.length === 0) return '';
  const lines = linesByFile(options, findings);
  const blocks = findings.map((finding) => block(finding, options, lines));
  return `${blocks.join('\n\n')}\n\n${summaryText(summarize(findings))}\n`;
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
