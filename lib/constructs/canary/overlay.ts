import type * as flagger from '../../../imports/flagger.app';

/** A generated type with enums as their values and lists that may be read only. */
export type Plain<T> = T extends string
  ? string extends T
    ? string
    : `${T}`
  : T extends readonly (infer Item)[]
    ? readonly Plain<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Plain<T[Key]> }
      : T;

type Partly<T> = T extends readonly unknown[]
  ? T | null
  : T extends object
    ? { readonly [Key in keyof T]?: Partly<T[Key]> | null }
    : T | null;

/** Any part of a Canary's `spec`: objects are merged, lists replaced, `null` takes a field away. */
export type CanarySpecOverlay = Partly<Plain<flagger.CanarySpec>>;

type Json = { readonly [key: string]: unknown };
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Without fields that are undefined, at any depth. What has none is not copied: most of it never does. */
export function compact(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(compact);
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  if (!isObject(value)) return value;
  const result: Record<string, unknown> = {};
  let isSame = true;
  for (const key of Object.keys(value)) {
    const own = value[key];
    const kept = own === undefined ? undefined : compact(own);
    if (kept !== own || own === undefined) isSame = false;
    if (kept !== undefined) result[key] = kept;
  }
  return isSame ? value : result;
}
