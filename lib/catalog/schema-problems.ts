import type * as z from 'zod';
import { nearest } from '../findings';
import { isSecretName } from './checks/secrets';
import { KUBERNETES_NAMES } from './kubernetes-names';
import type { Path, Problem } from './problem';
import { type Catalog, catalogSchema } from './schema';

type Issue = z.core.$ZodIssue;

/** A problem, and a value that would fit in its place: the rest of the catalog is checked with it. */
export interface SchemaProblem extends Problem {
  readonly standIn?: unknown;
}

/** What zod found, in words. */
export function schemaProblems(error: z.ZodError, value: unknown): SchemaProblem[] {
  return error.issues.flatMap((issue) => problemsOf(issue, [], value));
}

function problemsOf(issue: Issue, base: Path, root: unknown): SchemaProblem[] {
  const path: Path = [...base, ...(issue.path as (string | number)[])];
  const value = valueAt(root, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...path, key], valueAt(root, path)));
    case 'invalid_union':
      return unionProblems(issue, path, root, value);
    case 'invalid_type':
      return value === undefined ? [missingKey(path)] : [wrongType(path, value, expectedAt(path) ?? issue.expected)];
    case 'invalid_value': {
      if (value === undefined) return [missingKey(path)];
      const allowed = issue.values.map(String);
      return [
        {
          code: 'unknown-value',
          path,
          message: `${name(path)} cannot be ${show(value)}`,
          nearest: typeof value === 'string' ? nearest(value, allowed) : undefined,
          fix:
            MEANT[`${String(path.at(-1))} ${String(value).toLowerCase()}`] ??
            `write one of ${allowed.map((one) => JSON.stringify(one)).join(', ')}`,
          standIn: issue.values[0],
        },
      ];
    }
    default:
      return [
        {
          code: 'wrong-value',
          path,
          message: `${name(path)}: ${issue.message}`,
          fix: 'see docs/catalog.md for what this field takes',
        },
      ];
  }
}

/** Of a union's branches the one that has most of the value's keys: an object is meant to be something. */
function unionProblems(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: Path,
  root: unknown,
  value: unknown,
): SchemaProblem[] {
  if (value === undefined) return [missingKey(path)];
  const options = (unwrap(schemaAt(path)) as { options?: z.core.$ZodType[] } | undefined)?.options ?? [];
  if (!isObject(value)) {
    const kinds = [...new Set(options.map((option) => kindOf(option)))];
    return [wrongType(path, value, kinds.join(' or '))];
  }
  const scores = options.map((option) => {
    const shape = shapeOf(option);
    return shape ? Object.keys(value).filter((key) => Object.hasOwn(shape, key)).length : -1;
  });
  const best = scores.indexOf(Math.max(...scores));
  const errors = issue.errors[best];
  if (best < 0 || scores[best] === -1 || !errors)
    return [wrongType(path, value, options.map((option) => kindOf(option)).join(' or '))];
  if (scores[best] === 0) {
    const keys = options.flatMap((option) => Object.keys(shapeOf(option) ?? {}));
    return Object.keys(value).length === 0
      ? [
          {
            code: 'missing-key',
            path,
            message: `${name(path)} is an empty object`,
            fix: `write one of the keys ${[...new Set(keys)].join(', ')}`,
          },
        ]
      : Object.keys(value).map((key) => unknownKey([...path, key], value, keys));
  }
  // The first key of a branch names it, as `service` or `secret` do.
  const kinds = [...new Set(options.flatMap((option) => Object.keys(shapeOf(option) ?? {}).slice(0, 1)))];
  const given = kinds.filter((key) => Object.hasOwn(value, key));
  if (given.length > 1)
    return [
      {
        code: 'contradicting-keys',
        path,
        message: `${name(path)} has ${given.join(' and ')}`,
        cause: 'Each of them would be the whole value.',
        fix: `keep one of ${kinds.join(', ')}`,
      },
    ];
  return errors.flatMap((inner) => problemsOf(inner as Issue, path, root));
}

/** @param holder what has the key */
function unknownKey(
  path: Path,
  holder: unknown,
  known = Object.keys(shapeOf(schemaAt(path.slice(0, -1))) ?? {}),
): Problem {
  const key = String(path.at(-1));
  const problem = {
    code: 'unknown-key',
    path,
    key: true,
    message: `there is no field "${key}" ${where(path.slice(0, -1))}`,
  } as const;
  const elsewhere = fieldElsewhere(key, path, known);
  if (elsewhere) return { ...problem, fix: `write it as ${elsewhere}` };
  const near = nearest(key, known);
  // Written under that name it would be there twice.
  if (near && isObject(holder) && Object.hasOwn(holder, near))
    return { ...problem, nearest: near, fix: `remove it: "${near}" is there already` };
  if (near) return { ...problem, nearest: near, fix: `write "${near}"` };
  const list =
    known.length <= MAX_LISTED
      ? `: the fields here are ${known.join(', ')}`
      : ', the fields here are in docs/catalog.md';
  const hatch =
    serviceDepth(path) === undefined
      ? ''
      : '; what no field says, "patches" can say of an object, and "manifests" with objects of your own';
  return { ...problem, fix: `remove it${list}${hatch}` };
}

/** Values that another field says: by the field and the value. */
const MEANT: Readonly<Record<string, string>> = {
  'protocol udp': 'write "protocol": "tcp" and "transport": "UDP" beside it: the mesh passes it on as it is',
  'protocol sctp': 'write "protocol": "tcp" and "transport": "SCTP" beside it: the mesh passes it on as it is',
  'protocol https': 'write "protocol": "tcp": the mesh does not see into what is encrypted already',
  'protocol http2': 'write "protocol": "grpc" for gRPC, "http" with "appProtocol": "http2" for HTTP/2',
};

/** More names than these nobody reads. */
const MAX_LISTED = 16;

/** How many parts of a path lead to a service, to defaults or to an override; undefined for what is none of them. */
function serviceDepth([root, index, field, name]: Path): number | undefined {
  if (root === 'defaults') return 1;
  if (root === 'services' && index !== undefined) return 2;
  if (root === 'clusters' && field === 'defaults') return 3;
  return root === 'clusters' && field === 'services' && name !== undefined ? 4 : undefined;
}

/** Where a service says what a field of Kubernetes says, or a field that stands elsewhere here. */
function fieldElsewhere(key: string, path: Path, known: readonly string[]): string | undefined {
  const depth = serviceDepth(path);
  if (depth === undefined) return undefined;
  const name = Object.hasOwn(KUBERNETES_NAMES, key) ? KUBERNETES_NAMES[key]! : undefined;
  if (name?.startsWith('.') && known.includes(name.slice(1))) return `"${name.slice(1)}"`;
  if (name === '.mounts') return '"mountPath" of the volume, and "mounts" for further places';
  if (name?.startsWith('.')) return undefined;
  if (name !== undefined)
    return path.length === depth + 1 && known.includes(name) ? `"${name}"` : `"${name}" of the service`;
  const at = fieldPlaces().get(key);
  return at === undefined ? undefined : `"${at}" of the service`;
}

let places: ReadonlyMap<string, string> | undefined;

/** Of each name of a field below a service where it stands, the nearest to the service; none where it stands at several places alike. */
function fieldPlaces(): ReadonlyMap<string, string> {
  if (places) return places;
  const found = new Map<string, string>();
  const several = new Set<string>();
  let level: [path: string, schema: z.core.$ZodType][] = [['', schemaAt(['defaults'])!]];
  for (let depth = 0; depth < 4; depth++) {
    const next: [string, z.core.$ZodType][] = [];
    const here = new Map<string, string[]>();
    for (const [path, schema] of level)
      for (const [key, child] of Object.entries(shapeOf(schema) ?? {})) {
        const at = path === '' ? key : `${path}.${key}`;
        here.set(key, [...(here.get(key) ?? []), at]);
        next.push([at, child as z.core.$ZodType]);
      }
    for (const [key, paths] of here) {
      if (found.has(key) || several.has(key)) continue;
      // Of the main container and of the pods: what a service means when it says it without a place.
      const own = paths.find((at) => at === `container.${key}`) ?? paths.find((at) => at === `pod.${key}`);
      if (paths.length === 1 || own !== undefined) found.set(key, own ?? paths[0]!);
      else several.add(key);
    }
    level = next;
  }
  places = found;
  return found;
}

function missingKey(path: Path): Problem {
  const key = path.at(-1);
  return {
    code: 'missing-key',
    path: path.slice(0, -1),
    message: `"${key}" is missing ${where(path.slice(0, -1))}`,
    fix: `add "${key}": ${example(schemaAt(path))}`,
  };
}

function wrongType(path: Path, value: unknown, expected: string): SchemaProblem {
  const [standIn, fix, isSure = true] = withUnit(path, value) ??
    meant(value, expected.split(' or ')) ?? [undefined, `write ${words(expected)}`];
  // A number can be somebody's PIN.
  const isSecret = path.at(-2) === 'env' && isSecretName(String(path.at(-1)));
  return {
    code: 'wrong-type',
    path,
    message: `${name(path)} must be ${words(expected)}, not ${isSecret ? kindWords(value) : show(value)}`,
    fix: isSecret ? 'put it into a Secret and write { "secret": { "name": "…", "key": "…" } }' : fix,
    ...(isSecret ? { isSecret } : standIn !== undefined && isSure && { edits: [{ path, value: standIn }] }),
    standIn,
  };
}

/** Fields whose numbers need a unit, with what a bare number most likely means. */
const UNITS: Readonly<Record<string, string>> = {
  interval: 's',
  timeout: 's',
  duration: 's',
  scrapeInterval: 's',
  perTryTimeout: 's',
  retention: 'd',
};
const AMOUNTS = new Set(['memory', 'ephemeral-storage', 'sizeLimit', 'storage']);

/** A number for a text that is no number: with quotes alone it would be refused next, or mean bytes. */
function withUnit(path: Path, value: unknown): readonly [standIn: unknown, fix: string, isSure?: boolean] | undefined {
  if (typeof value !== 'number') return undefined;
  const key = String(path.at(-1));
  const unit = Object.hasOwn(UNITS, key) ? UNITS[key] : undefined;
  if (unit !== undefined) return [`${value}${unit}`, `write "${value}${unit}", with quotes and the unit`];
  if (AMOUNTS.has(key)) return [`${value}Mi`, `write the amount with quotes and its unit, such as "${value}Mi"`, false];
  // JSON has lost the zeros of 1.0, and 1.10 is 1.1.
  if (key === 'tag') return [String(value), 'write the tag with quotes, as the registry has it', false];
  return undefined;
}

/** The mistakes that JSON invites: a number in quotes, a text without them. What was meant, and how to write it. */
function meant(value: unknown, expected: readonly string[]): readonly [standIn: unknown, fix: string] | undefined {
  if (expected.includes('number') && typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value)))
    return [Number(value), `write ${Number(value)} without quotes`];
  if (expected.includes('string') && (typeof value === 'number' || typeof value === 'boolean'))
    return [String(value), `write "${value}" with quotes`];
  if ((expected.includes('boolean') || expected.includes('literal')) && value === 'false')
    return [false, 'write false without quotes'];
  if (expected.includes('boolean') && value === 'true') return [true, 'write true without quotes'];
  return undefined;
}

/** Values in messages: short, and never a text that could be a secret. */
function show(value: unknown): string {
  if (typeof value === 'string' && value.length <= 40) return JSON.stringify(value);
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : kindWords(value);
}

function kindWords(value: unknown): string {
  if (value === null) return 'null';
  return words(Array.isArray(value) ? 'array' : typeof value);
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
  literal: 'false',
};
const words = (expected: string): string =>
  expected
    .split(' or ')
    .map((kind) => KINDS[kind] ?? kind)
    .join(' or ');
const name = (path: Path): string =>
  path.length === 0
    ? 'the catalog'
    : `"${[...path].reverse().find((part) => typeof part === 'string') ?? path.at(-1)}"`;
const where = (path: Path): string => (path.length === 0 ? 'at the top of the catalog' : `in ${name(path)}`);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

type Definition = {
  type: string;
  shape?: Record<string, z.core.$ZodType>;
  element?: z.core.$ZodType;
  valueType?: z.core.$ZodType;
  innerType?: z.core.$ZodType;
  options?: z.core.$ZodType[];
};
/** Of what stands behind a lazy one, which is built when it is first asked. */
const definition = (schema: z.core.$ZodType): Definition =>
  schema._zod.def.type === 'lazy'
    ? definition((schema as z.core.$ZodLazy)._zod.innerType)
    : (schema._zod.def as unknown as Definition);

function unwrap(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  let inner = schema;
  while (inner && definition(inner).innerType) inner = definition(inner).innerType;
  return inner && definition(inner).options
    ? Object.assign(Object.create(inner), { options: definition(inner).options })
    : inner;
}

function schemaAt(path: Path): z.core.$ZodType | undefined {
  let schemas: z.core.$ZodType[] = [catalogSchema];
  for (const part of path) {
    schemas = schemas.flatMap((schema) => step(schema, part));
  }
  return schemas[0];
}

const step = (schema: z.core.$ZodType, part: string | number): z.core.$ZodType[] => {
  const { type, shape, element, valueType, innerType, options } = definition(schema);
  if (innerType) return step(innerType, part);
  if (options) return options.flatMap((option) => step(option, part));
  if (type === 'object' && shape && Object.hasOwn(shape, part)) return [shape[part as string]!];
  if (type === 'array' && element) return [element];
  return type === 'record' && valueType ? [valueType] : [];
};

/** The keys of an object schema; of a union all of its objects'. */
function shapeOf(schema: z.core.$ZodType | undefined): Record<string, unknown> | undefined {
  if (!schema) return undefined;
  const { type, shape, innerType, options } = definition(schema);
  if (innerType) return shapeOf(innerType);
  if (options) {
    const shapes = options.map(shapeOf).filter((one) => one !== undefined);
    return shapes.length > 0 ? Object.assign({}, ...shapes) : undefined;
  }
  return type === 'object' ? shape : undefined;
}

const kindOf = (schema: z.core.$ZodType): string => {
  const { type, innerType } = definition(schema);
  return innerType ? kindOf(innerType) : type;
};
const expectedAt = (path: Path): string | undefined => {
  const schema = schemaAt(path);
  return schema && kindOf(schema) !== 'union' ? kindOf(schema) : undefined;
};

function example(schema: z.core.$ZodType | undefined): string {
  switch (schema ? kindOf(schema) : '') {
    case 'string':
      return '"…"';
    case 'number':
      return '…';
    case 'array':
      return '[…]';
    default:
      return '…';
  }
}

function isMisspelt({ code, path, nearest: meantKey }: SchemaProblem, root: unknown): boolean {
  const holder = valueAt(root, path.slice(0, -1));
  return code === 'unknown-key' && meantKey !== undefined && isObject(holder) && !Object.hasOwn(holder, meantKey);
}

/**
 * The catalog without what does not fit, for the other checks; undefined when it does not stand without.
 * `stillHolds` drops findings that only follow from what was taken away.
 */
export function withoutInvalid(
  value: unknown,
  problems: readonly SchemaProblem[],
): { catalog: Catalog; stillHolds: (problem: Problem) => boolean } | undefined {
  const copy: unknown = structuredClone(value);
  const removed: string[] = [];
  // A misspelt key is read as what was meant: nothing is missing then, and nothing follows from it.
  const misspelt = problems.filter((problem) => isMisspelt(problem, copy));
  for (const { path, nearest: meantKey } of misspelt) {
    const holder = valueAt(copy, path.slice(0, -1)) as Record<string, unknown>;
    holder[meantKey!] = holder[path.at(-1)!];
    delete holder[path.at(-1)!];
  }
  let todo: Pick<SchemaProblem, 'path' | 'standIn'>[] = problems.filter((problem) => !misspelt.includes(problem));
  for (let round = 0; round < 4; round++) {
    for (const { path, standIn } of todo) {
      if (standIn !== undefined) {
        const holder = valueAt(copy, path.slice(0, -1)) as Record<string | number, unknown>;
        holder[path.at(-1)!] = standIn;
        removed.push(`/${path.join('/')}`);
        continue;
      }
      const isOptional = path[0] === 'patches' || path[0] === 'external';
      const cut = isOptional
        ? path.slice(0, 1)
        : path.slice(0, path.findLastIndex((part) => typeof part === 'string') + 1);
      // Less than a field of a service, and the catalog would be another one.
      if (!isOptional && cut.length < 3) return undefined;
      const parent = valueAt(copy, cut.slice(0, -1));
      if (isObject(parent)) delete parent[cut.at(-1) as string];
      removed.push(`/${cut.join('/')}`);
    }
    const parsed = catalogSchema.safeParse(copy);
    if (parsed.success) {
      const stillHolds = ({ path, code }: Problem) => {
        const pointer = `/${path.join('/')}`;
        if (removed.some((cut) => pointer === cut || pointer.startsWith(`${cut}/`) || cut.startsWith(`${pointer}/`)))
          return false;
        return !(code === 'unknown-port' || code === 'no-port') || !removed.some((cut) => cut.includes('/ports'));
      };
      return { catalog: parsed.data, stillHolds };
    }
    todo = schemaProblems(parsed.error, copy).map(({ path }) => ({ path: path.slice(0, -1) }));
  }
  return undefined;
}
