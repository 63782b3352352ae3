/** A JSON object whose fields nobody has checked yet. */
export type Fields = Readonly<Record<string, unknown>>;

const nothing: Fields = Object.freeze({});
const empty: readonly never[] = Object.freeze([]);

/** Whether a value is a JSON object (not null, not a list). */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A step of a path: a field, or a position in a list. */
type Step = string | number;

/**
 * The value at a path of up to six steps (`atPath` takes a list of any length), or undefined where the path leaves what is
 * there. Own fields only: `__proto__` is a key like any other.
 */
export function at(value: unknown, a?: Step, b?: Step, c?: Step, d?: Step, e?: Step, f?: Step): unknown {
  return walk(value, a, b, c, d, e, f);
}

/** The same for a path that is a list. */
export function atPath(value: unknown, path: readonly Step[]): unknown {
  let current = value;
  for (const step of path) current = child(current, step);
  return current;
}

/** With a parameter for each step: this is asked millions of times, and a list of steps would be made each time. */
function walk(value: unknown, a?: Step, b?: Step, c?: Step, d?: Step, e?: Step, f?: Step): unknown {
  if (a === undefined) return value;
  const first = child(value, a);
  if (b === undefined || first === undefined) return first;
  const second = child(first, b);
  if (c === undefined || second === undefined) return second;
  const third = child(second, c);
  if (d === undefined || third === undefined) return third;
  const fourth = child(third, d);
  if (e === undefined || fourth === undefined) return fourth;
  const fifth = child(fourth, e);
  return f === undefined ? fifth : child(fifth, f);
}

function child(value: unknown, step: Step): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const found: unknown = (value as Record<Step, unknown>)[step];
  // What is inherited is a method or the prototype itself: JSON holds neither. This is asked millions of times, hasOwn is slow.
  return typeof found === 'function' || (step === '__proto__' && !Object.hasOwn(value, step)) ? undefined : found;
}

/** The object at a path; an empty one where there is something else or nothing. */
export function fieldsAt(value: unknown, a?: Step, b?: Step, c?: Step, d?: Step, e?: Step, f?: Step): Fields {
  const found = walk(value, a, b, c, d, e, f);
  return isFields(found) ? found : nothing;
}

/** The list at a path; an empty one where there is something else or nothing. */
export function listAt(value: unknown, a?: Step, b?: Step, c?: Step, d?: Step, e?: Step, f?: Step): readonly unknown[] {
  const found = walk(value, a, b, c, d, e, f);
  return Array.isArray(found) ? found : empty;
}

/** The text at a path; undefined where there is something else or nothing. */
export function textAt(value: unknown, a?: Step, b?: Step, c?: Step, d?: Step, e?: Step, f?: Step): string | undefined {
  const found = walk(value, a, b, c, d, e, f);
  return typeof found === 'string' ? found : undefined;
}

/** The number at a path; undefined where there is something else or nothing. */
export function numberAt(
  value: unknown,
  a?: Step,
  b?: Step,
  c?: Step,
  d?: Step,
  e?: Step,
  f?: Step,
): number | undefined {
  const found = walk(value, a, b, c, d, e, f);
  return typeof found === 'number' ? found : undefined;
}

/** The boolean at a path; undefined where there is something else or nothing. */
export function booleanAt(
  value: unknown,
  a?: Step,
  b?: Step,
  c?: Step,
  d?: Step,
  e?: Step,
  f?: Step,
): boolean | undefined {
  const found = walk(value, a, b, c, d, e, f);
  return typeof found === 'boolean' ? found : undefined;
}

/** The texts of a list at a path; whatever is not a text is left out. */
export function textsAt(value: unknown, a?: Step, b?: Step, c?: Step, d?: Step, e?: Step, f?: Step): readonly string[] {
  const found = walk(value, a, b, c, d, e, f);
  return Array.isArray(found) ? found.filter((item): item is string => typeof item === 'string') : empty;
}

/** The map of texts at a path (labels, annotations, data); whatever is not a text is left out. */
export function textMapAt(
  value: unknown,
  a?: Step,
  b?: Step,
  c?: Step,
  d?: Step,
  e?: Step,
  f?: Step,
): Readonly<Record<string, string>> {
  const at = walk(value, a, b, c, d, e, f);
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
