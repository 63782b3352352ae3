import { isFields } from '../../kube';

/** Fields of a service of the catalog while it is being made. */
export type Draft = Record<string, unknown>;

/** The fields that are there and say something, in this order. */
export function compact(fields: Readonly<Record<string, unknown>>): Draft | undefined {
  const kept: Draft = {};
  for (const [name, value] of Object.entries(fields)) if (!isNothing(value)) kept[name] = value;
  return Object.keys(kept).length === 0 ? undefined : kept;
}

/** The named fields of an object, as far as they are there. */
export function pick(from: unknown, ...names: readonly string[]): Draft {
  const picked: Draft = {};
  if (!isFields(from)) return picked;
  for (const name of names) if (from[name] !== undefined && from[name] !== null) picked[name] = from[name];
  return picked;
}

/** Whether a value says as much as none. */
export function isNothing(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    (Array.isArray(value) && value.length === 0) ||
    (isFields(value) && Object.keys(value).length === 0)
  );
}

/** A map of texts; numbers and booleans, which people write into YAML, as texts. */
export function textMap(from: unknown): Record<string, string> | undefined {
  if (!isFields(from)) return undefined;
  const entries = Object.entries(from).filter(([, value]) => value !== null && typeof value !== 'object');
  return entries.length === 0 ? undefined : Object.fromEntries(entries.map(([key, value]) => [key, String(value)]));
}
