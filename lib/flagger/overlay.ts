import { type Fields, isFields } from '../kube';

/** `base` with `overlay` over it: objects are merged, lists replaced, `null` takes a field away; fields that are undefined are left out. */
export function mergedSpec(base: Fields, overlay: Fields | undefined): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(base)) if (value !== undefined) result[key] = value;
  for (const [key, value] of Object.entries(overlay ?? {})) {
    if (value === undefined) continue;
    if (value === null) delete result[key];
    else if (isFields(value)) result[key] = mergedSpec(isFields(result[key]) ? result[key] : {}, value);
    else result[key] = value;
  }
  return result;
}
