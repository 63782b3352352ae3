import { formatMarkdown } from '../../findings';
import { type DiffReport, duration, type ReportedCluster, type ReportedService } from '../diff-report';
import { isDerived, summaryText } from './text';
import { connectionText, countText, fieldText, serviceTitle } from './words';

/** The longest note that GitLab takes, in characters. @see GitLab 18 documentation, administration/instance_limits (size of comments) */
export const GITLAB_LIMIT = 1_000_000;
/** The longest comment that GitHub takes. */
export const GITHUB_LIMIT = 65_536;

/** How long a comment may be. */
export interface MarkdownOptions {
  /** No page is longer, in characters. @default GITLAB_LIMIT */
  readonly limit?: number;
}

/**
 * For the note of a merge request: dangers, then every service by its name, then what changes of each, folded. What is
 * longer than a note may be goes on on another page; no line is lost but what is longer than a page by itself.
 */
export function diffMarkdown(report: DiffReport, { limit = GITLAB_LIMIT }: MarkdownOptions = {}): string[] {
  const blocks = [
    ...heading(report),
    ...report.clusters.flatMap(table),
    ...report.clusters.flatMap(orderBlock),
    ...report.clusters.flatMap((cluster) => cluster.services.map((service) => body(cluster, service))),
  ];
  return paged(blocks, limit);
}

/** Room for the line that tells which page it is. */
const FOOTER = 40;

function paged(blocks: readonly string[], limit: number): string[] {
  const most = limit - FOOTER;
  const pages: string[] = [];
  let page = '';
  for (const whole of blocks)
    for (const block of cut(whole, most, page === '' ? most : most - page.length - 2)) {
      if (page !== '' && page.length + 2 + block.length > most) {
        pages.push(page);
        page = '';
      }
      page = page === '' ? block : `${page}\n\n${block}`;
    }
  pages.push(page);
  return pages.map((text, index) =>
    pages.length === 1 ? `${text}\n` : `${text}\n\n*Page ${index + 1} of ${pages.length}*\n`,
  );
}

/**
 * A block that is too long for a page becomes several, between two lines; tables and folds are opened again. The first of them fills
 * what is left of a page.
 */
function cut(block: string, most: number, left: number): string[] {
  if (block.length <= most) return [block];
  const lines = block.split('\n');
  const isFolded = lines[0]!.startsWith('<details>');
  const isTable = lines.some((line) => line.startsWith('|---'));
  const start = isFolded ? 2 : isTable ? lines.findIndex((line) => line.startsWith('|---')) + 1 : 0;
  const head = lines.slice(0, start);
  const end = isFolded ? ['', '</details>'] : [];
  const rows = isFolded ? lines.slice(start, -2) : lines.slice(start);
  const around = [...head, ...end].join('\n').length + 2;
  const room = most - around;
  let fits = left - around;
  const parts: string[] = [];
  let part: string[] = [];
  let length = 0;
  for (const row of rows) {
    const fitting = row.length > room ? `${row.slice(0, room - 1)}…` : row;
    if (length + fitting.length + 1 > fits) {
      fits = room;
      if (part.length > 0) parts.push([...head, ...part, ...end].join('\n'));
      part = [];
      length = 0;
    }
    part.push(fitting);
    length += fitting.length + 1;
  }
  parts.push([...head, ...part, ...end].join('\n'));
  return parts;
}

function heading(report: DiffReport): string[] {
  return [
    `**${countText(report)}**`,
    ...(report.dangers.length > 0 ? [`### Dangers\n\n${formatMarkdown(report.dangers).trimEnd()}`] : []),
  ];
}

function table({ cluster, services }: ReportedCluster): string[] {
  if (services.length === 0) return [];
  const rows = services.map((service) => {
    const what =
      service.change === 'added' ? 'new' : service.change === 'removed' ? 'goes' : summaryText(service.summary);
    return `| ${cell(serviceTitle(service))} | ${cell(what)} | ${cell(service.effects.join('; '))} |`;
  });
  return [
    [
      ...(cluster === undefined ? [] : [`### Cluster ${escaped(cluster)}`, '']),
      '| service | what changes | what will happen |',
      '|---|---|---|',
      ...rows,
    ].join('\n'),
  ];
}

function orderBlock({ cluster, kustomizations, connectivity: { added, removed } }: ReportedCluster): string[] {
  const of = cluster === undefined ? '' : ` (${escaped(cluster)})`;
  const blocks: string[] = [];
  if (kustomizations.length > 0)
    blocks.push(
      [
        `Flux moves, in this order${of}:`,
        '',
        ...kustomizations.map(({ name, added: come, changed, removed: go, after, timeoutSeconds }) => {
          const counts = [come > 0 && `+${come}`, changed > 0 && `~${changed}`, go > 0 && `−${go}`];
          const behind = after.length > 0 ? `, after ${after.map(code).join(', ')}` : '';
          return `1. ${code(name)} (${counts.filter((part) => part !== false).join(' ')})${behind}${timeoutSeconds === undefined ? '' : `, waits up to ${duration(timeoutSeconds)}`}`;
        }),
      ].join('\n'),
    );
  if (added.length + removed.length > 0)
    blocks.push(
      [
        `Calls${of}:`,
        '',
        ...added.map((one) => `- new: ${code(connectionText(one))}`),
        ...removed.map((one) => `- gone: ${code(connectionText(one))}`),
      ].join('\n'),
    );
  return blocks;
}

function body({ cluster }: ReportedCluster, service: ReportedService): string {
  const derived = service.objects.filter(isDerived).length;
  const title = `${cluster === undefined ? '' : `${cluster}: `}${serviceTitle(service)}`;
  return [
    `<details><summary>${html(title)}</summary>`,
    '',
    ...service.effects.map((effect) => `- ${escaped(effect)}`),
    ...(service.effects.length > 0 ? [''] : []),
    ...service.objects
      .filter((one) => !isDerived(one))
      .flatMap(({ object, change, file, fields }) => [
        `- ${code(object)} ${change} (${code(file)})`,
        ...fields.filter((field) => !field.isDerived).map((field) => `  - ${code(fieldText(field))}`),
      ]),
    ...(derived > 0 ? [`- and ${derived} ${derived === 1 ? 'object' : 'objects'} with digests of the release`] : []),
    '',
    '</details>',
  ].join('\n');
}

/** Text of somebody's file must not become markup, a mention or a new row. */
function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~@]/g, (character) => `\\${character}`).replace(/\s*\n\s*/g, ' ');
}

const cell = (text: string): string => escaped(text);

function html(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function code(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = longest > 0 ? ' ' : '';
  return `${fence}${pad}${text.replace(/\s*\n\s*/g, ' ')}${pad}${fence}`;
}
