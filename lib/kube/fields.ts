/** A JSON object whose fields nobody has checked yet. */
export type Fields = Readonly<Record<string, unknown>>;

const nothing: Fields = Object.freeze({});
const empty: readonly unknown[] = Object.freeze([]);

/** Whether a value is a JSON object (not null, not a list). */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path, or undefined where the path leaves what is there. Own fields only: `__proto__` is a key like any other. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return walk(value, path);
}

/** One list for the whole way: passing it on as arguments would copy it at each call. */
function walk(value: unknown, path: readonly (string | number)[]): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    const next: unknown = (current as Record<string | number, unknown>)[step];
    // What is inherited is a method or the prototype itself: JSON holds neither. This is asked millions of times, hasOwn is slow.
    if (typeof next === 'function' || (step === '__proto__' && !Object.hasOwn(current, step))) return undefined;
    current = next;
  }
  return current;
}

/** The object at a path; an empty one where there is something else or nothing. */
export function fieldsAt(value: unknown, ...path: readonly (string | number)[]): Fields {
  const found = walk(value, path);
  return isFields(found) ? found : nothing;
}

/** The list at a path; an empty one where there is something else or nothing. */
export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = walk(value, path);
  return Array.isArray(found) ? found : empty;
}

/** The text at a path; undefined where there is something else or nothing. */
export function textAt(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = walk(value, path);
  return typeof found === 'string' ? found : undefined;
}

/** The number at a path; undefined where there is something else or nothing. */
export function numberAt(value: unknown, ...path: readonly (string | number)[]): number | undefined {
  const found = walk(value, path);
  return typeof found === 'number' ? found : undefined;
}

/** The boolean at a path; undefined where there is something else or nothing. */
export function booleanAt(value: unknown, ...path: readonly (string | number)[]): boolean | undefined {
  const found = walk(value, path);
  return typeof found === 'boolean' ? found : undefined;
}

/** The texts of a list at a path; whatever is not a text is left out. */
export function textsAt(value: unknown, ...path: readonly (string | number)[]): readonly string[] {
  const found = walk(value, path);
  return (Array.isArray(found) ? (found as readonly unknown[]) : empty).filter(
    (item): item is string => typeof item === 'string',
  );
}

/** The map of texts at a path (labels, annotations, data); whatever is not a text is left out. */
export function textMapAt(value: unknown, ...path: readonly (string | number)[]): Readonly<Record<string, string>> {
  const at = walk(value, path);
  const found = isFields(at) ? at : nothing;
  if (hasTextsOnly(found)) return found;
  return Object.fromEntries(
    Object.entries(found).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function hasTextsOnly(fields: Fields): fields is Readonly<Record<string, string>> {
  for (const key in fields) if (typeof fields[key] !== 'string') return false;
  return true;
}
