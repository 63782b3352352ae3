import type { DiffReport, ReportedField, ReportedService } from '../diff-report';

/** Longer values are cut: a certificate or a dashboard says nothing in a line. */
const MAX_VALUE = 80;

/** `spec.replicas: 2 → 3`. */
export function fieldText({ path, before, after, note }: ReportedField): string {
  if (note === 'secret') return `${path}: changed (a secret, not shown)`;
  if (note === 'order') return `${path}: another order, ${valueText(before)} → ${valueText(after)}`;
  if (before === undefined) return `${path}: added ${valueText(after)}`;
  if (after === undefined) return `${path}: removed ${valueText(before)}`;
  if (Array.isArray(before) && Array.isArray(after) && [...before, ...after].every((one) => typeof one !== 'object'))
    return `${path}: ${wordsText(before, after)}`;
  const [was, is] = withoutCommonStart(before, after);
  return `${path}: ${valueText(was)} → ${valueText(is)}`;
}

/** What two lists of words do not share: `- --verbose, + --quiet`. */
function wordsText(before: readonly unknown[], after: readonly unknown[]): string {
  const gone = before.filter((word) => !after.includes(word)).map((word) => `- ${valueText(word)}`);
  const come = after.filter((word) => !before.includes(word)).map((word) => `+ ${valueText(word)}`);
  return [...gone, ...come].join(', ') || `another order, ${valueText(before)} → ${valueText(after)}`;
}

/** Of two long texts (images, addresses) what they begin with says nothing new. */
function withoutCommonStart(before: unknown, after: unknown): [unknown, unknown] {
  if (typeof before !== 'string' || typeof after !== 'string') return [before, after];
  if (before.length + after.length <= MAX_VALUE) return [before, after];
  let length = 0;
  while (length < before.length && before[length] === after[length]) length++;
  const start = Math.max(before.lastIndexOf('/', length - 1), before.lastIndexOf('\n', length - 1)) + 1;
  return start < 8 ? [before, after] : [`…${before.slice(start)}`, `…${after.slice(start)}`];
}

function valueText(value: unknown): string {
  const text =
    typeof value === 'string' ? (/^$|\s/.test(value) ? JSON.stringify(value) : value) : JSON.stringify(value);
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE - 1)}…` : text;
}

/** The name of a service, or what the rest is. */
export function serviceTitle({ service }: Pick<ReportedService, 'service'>): string {
  return service ?? 'platform and what is no service’s';
}

/** `3 objects changed, 1 added, 2 removed in 2 clusters`. */
export function countText({ objects, clusters }: DiffReport): string {
  const parts = (['changed', 'added', 'removed'] as const).flatMap((kind) =>
    objects[kind] > 0 ? [`${objects[kind]} ${kind}`] : [],
  );
  if (parts.length === 0) return 'nothing changes';
  const total = objects.changed + objects.added + objects.removed;
  const named = clusters.flatMap(({ cluster }) => (cluster === undefined ? [] : [cluster]));
  const where =
    named.length === 0 ? '' : ` in ${named.length === 1 ? `cluster ${named[0]}` : `${named.length} clusters`}`;
  return `${total} ${total === 1 ? 'object' : 'objects'}: ${parts.join(', ')}${where}`;
}

/** `shop/web → shop/cart:80`. */
export function connectionText({
  from,
  to,
  port,
}: {
  readonly from: string;
  readonly to: string;
  readonly port?: number;
}): string {
  return `${from} → ${to}${port === undefined ? '' : `:${port}`}`;
}
