import { createColors } from 'picocolors';
import { formatText } from '../../findings';
import {
  type DiffReport,
  duration,
  type ReportedCluster,
  type ReportedObject,
  type ReportedService,
} from '../diff-report';
import { connectionText, countText, fieldText, serviceTitle } from './words';

/** How much the text for a terminal says. */
export interface TextOptions {
  /** @default false */
  readonly color?: boolean;
  /** Every field of every object. @default false */
  readonly full?: boolean;
}

/** So many fields of one object are shown without `full`. */
const MAX_FIELDS = 6;
const SIGNS = { added: '+', removed: '-', changed: '~', moved: '>' } as const;

/** For a terminal: dangers first, then service by service, then the order in which Flux goes. */
export function diffText(report: DiffReport, { color = false, full = false }: TextOptions = {}): string {
  const colors = createColors(color);
  const paint = { added: colors.green, removed: colors.red, changed: colors.yellow, moved: colors.yellow } as const;
  const object = ({ object: name, change, fields }: ReportedObject): string[] => {
    const told = full ? fields : fields.filter(({ isDerived }) => !isDerived);
    const shown = full ? told : told.slice(0, MAX_FIELDS);
    const rest = told.length - shown.length;
    return [
      `    ${paint[change](`${SIGNS[change]} ${name}`)}`,
      ...shown.map((field) => `        ${fieldText(field)}`),
      ...(rest > 0 ? [`        and ${rest} more ${rest === 1 ? 'field' : 'fields'} (--full)`] : []),
    ];
  };
  const service = (one: ReportedService): string[] => [
    `  ${colors.bold(serviceTitle(one))}${one.summary.length > 0 ? `: ${summaryText(one.summary)}` : ''}`,
    ...one.effects.map((effect) => `    ${colors.cyan('⇒')} ${effect}`),
    ...one.objects.filter((of) => full || !isDerived(of)).flatMap(object),
    ...derivedNote(full ? [] : one.objects.filter(isDerived)),
    '',
  ];
  const cluster = (one: ReportedCluster): string[] => [
    ...(one.cluster === undefined ? [] : [colors.underline(`cluster ${one.cluster}`)]),
    ...one.services.flatMap(service),
    ...order(one),
    ...connections(one),
  ];
  return [
    ...(report.dangers.length > 0 ? [formatText(report.dangers, { color }).trimEnd(), ''] : []),
    ...report.clusters.flatMap(cluster),
    `${countText(report)}${report.clusters.length > 0 ? dangerCount(report) : ''}`,
    '',
  ].join('\n');
}

/** Nothing in it but digests that follow from the rest. */
export const isDerived = ({ change, fields }: ReportedObject): boolean =>
  change === 'changed' && fields.every((field) => field.isDerived === true);

function derivedNote({ length }: readonly ReportedObject[]): string[] {
  return length === 0
    ? []
    : [`    and ${length} ${length === 1 ? 'object' : 'objects'} with digests of the release (--full)`];
}

const MAX_SUMMARY = 8;

/** The first ones, and how many more. */
export function summaryText(summary: readonly string[]): string {
  const rest = summary.length - MAX_SUMMARY;
  return rest > 0 ? `${summary.slice(0, MAX_SUMMARY).join(', ')} and ${rest} more` : summary.join(', ');
}

function order({ kustomizations }: ReportedCluster): string[] {
  if (kustomizations.length === 0) return [];
  return [
    '  Flux moves, in this order:',
    ...kustomizations.map(({ name, added, changed, removed, after, timeoutSeconds }) => {
      const counts = [added > 0 && `+${added}`, changed > 0 && `~${changed}`, removed > 0 && `-${removed}`];
      const behind = after.length > 0 ? `, after ${after.join(', ')}` : '';
      const limit = timeoutSeconds === undefined ? '' : `, waits up to ${duration(timeoutSeconds)}`;
      return `    ${name} (${counts.filter((part) => part !== false).join(' ')})${behind}${limit}`;
    }),
    '',
  ];
}

function connections({ connectivity: { added, removed } }: ReportedCluster): string[] {
  if (added.length + removed.length === 0) return [];
  return [
    '  Calls:',
    ...added.map((one) => `    + ${connectionText(one)}`),
    ...removed.map((one) => `    - ${connectionText(one)}`),
    '',
  ];
}

function dangerCount({ dangers }: DiffReport): string {
  return dangers.length === 0
    ? '; no danger found'
    : `; ${dangers.length} ${dangers.length === 1 ? 'danger' : 'dangers'}`;
}
