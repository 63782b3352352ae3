import { type Fields, isFields } from './fields';

/** What the API server reads of an OpenAPI v3 schema of a definition. @see kubernetes 1.36 staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1 JSONSchemaProps */
export interface StructuralSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly additionalProperties?: StructuralSchema;
  readonly items?: StructuralSchema;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly default?: unknown;
  readonly oneOf?: readonly StructuralSchema[];
  readonly anyOf?: readonly StructuralSchema[];
  readonly not?: StructuralSchema;
  readonly 'x-kubernetes-int-or-string'?: boolean;
}

/** A value that the API server refuses or, where the field is unknown, drops. */
export interface SchemaFault {
  readonly kind: 'unknown-field' | 'wrong-type' | 'missing' | 'not-allowed';
  /** JSON pointer, from the value that was checked. */
  readonly pointer: string;
  readonly value: unknown;
  /** What may stand there: `a whole number`, `one of "a", "b"`, `exactly one of exact, prefix, regex`. */
  readonly allowed: string;
  /** Names that exist beside an unknown field. */
  readonly known?: readonly string[];
}

/** Everything in which a value differs from its schema, in the order of the value; a default is no fault. */
export function schemaFaults(value: unknown, schema: StructuralSchema, pointer = ''): SchemaFault[] {
  const faults: SchemaFault[] = [];
  check(value, schema, [], (steps, fault) =>
    faults.push({ ...fault, pointer: [pointer, ...steps.map((step) => escapeStep(String(step)))].join('/') }),
  );
  return faults;
}

/** The way from the value that is checked; one list for all, as most values have no fault whose pointer must be written. */
type Steps = (string | number)[];
type Report = (steps: Steps, fault: Omit<SchemaFault, 'pointer'>) => void;

function check(value: unknown, schema: StructuralSchema, steps: Steps, report: Report): void {
  const allowed = wrongType(value, schema);
  if (allowed !== undefined) {
    report(steps, { kind: 'wrong-type', value, allowed });
    return;
  }
  const bound = outOfBounds(value, schema);
  if (bound !== undefined) report(steps, { kind: 'not-allowed', value, allowed: bound });
  if (Array.isArray(value)) {
    if (schema.items)
      for (let index = 0; index < value.length; index++) checkIn(value[index], schema.items, steps, index, report);
  } else if (isFields(value)) checkFields(value, schema, steps, report);
  const { oneOf } = schema;
  if (oneOf && oneOf.filter((alternative) => fits(value, alternative)).length !== 1)
    report(steps, { kind: 'not-allowed', value, allowed: `exactly one of ${alternativesOf(oneOf)}` });
}

function checkIn(value: unknown, schema: StructuralSchema, steps: Steps, step: string | number, report: Report): void {
  steps.push(step);
  check(value, schema, steps, report);
  steps.pop();
}

function checkFields(value: Fields, schema: StructuralSchema, steps: Steps, report: Report): void {
  for (const name of schema.required ?? [])
    if (value[name] === undefined)
      report([...steps, name], {
        kind: 'missing',
        value: undefined,
        allowed: describe(schema.properties?.[name] ?? {}),
      });
  for (const name of Object.keys(value)) {
    const child = value[name];
    if (child === undefined) continue;
    const own = schema.properties && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    const known = own ?? schema.additionalProperties;
    if (known) checkIn(child, known, steps, name, report);
    else if (schema.properties) {
      const names = Object.keys(schema.properties);
      report([...steps, name], {
        kind: 'unknown-field',
        value: child,
        allowed: `one of ${names.join(', ')}`,
        known: names,
      });
    }
  }
}

const escapeStep = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

function wrongType(value: unknown, schema: StructuralSchema): string | undefined {
  if (schema['x-kubernetes-int-or-string'])
    return Number.isInteger(value) || typeof value === 'string' ? undefined : 'a whole number or a text';
  const { type } = schema;
  // The API server takes a schema with properties and no type for an object all the same.
  switch (type ?? (schema.properties ? 'object' : '')) {
    case 'object':
      return isFields(value) ? undefined : 'an object';
    case 'array':
      return Array.isArray(value) ? undefined : 'a list';
    case 'string':
      return typeof value === 'string' ? undefined : 'a text';
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'true or false';
    case 'integer':
      return Number.isInteger(value) ? undefined : 'a whole number';
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) ? undefined : 'a number';
    default:
      return undefined;
  }
}

const patterns = new Map<string, RegExp>();
/** Of definitions, of which there are few. */
function patternOf(pattern: string): RegExp {
  const known = patterns.get(pattern) ?? new RegExp(pattern);
  patterns.set(pattern, known);
  return known;
}

function outOfBounds(value: unknown, schema: StructuralSchema): string | undefined {
  const { minimum, maximum, minLength, maxLength, maxItems, pattern } = schema;
  if (schema.enum && !schema.enum.includes(value)) return describe(schema);
  if (typeof value === 'number') {
    if (minimum !== undefined && value < minimum) return `a number from ${minimum} on`;
    if (maximum !== undefined && value > maximum) return `a number up to ${maximum}`;
  }
  if (typeof value === 'string') {
    if (minLength !== undefined && value.length < minLength) return 'a text that is not empty';
    if (maxLength !== undefined && value.length > maxLength) return `a text of up to ${maxLength} characters`;
    if (pattern !== undefined && !patternOf(pattern).test(value)) return describe(schema);
  }
  if (maxItems !== undefined && Array.isArray(value) && value.length > maxItems) return `a list of up to ${maxItems}`;
  return undefined;
}

/** What a schema takes, for people. */
function describe(schema: StructuralSchema): string {
  if (schema.enum)
    return `one of ${schema.enum
      .filter((item) => item !== '')
      .map((item) => JSON.stringify(item))
      .join(', ')}`;
  if (schema.pattern === '^[0-9]+(m|s)')
    return 'a duration that begins with whole minutes or seconds, such as "30s" or "2m"';
  if (schema.pattern !== undefined) return `a text like ${schema.pattern}`;
  return wrongType(undefined, schema) ?? 'a value';
}

/** Whether a value satisfies an alternative of `oneOf`; these say required fields only, at most one level deep. */
function fits(value: unknown, schema: StructuralSchema): boolean {
  if (schema.required?.some((name) => !isFields(value) || value[name] === undefined)) return false;
  if (schema.not && fits(value, schema.not)) return false;
  if (schema.anyOf && !schema.anyOf.some((alternative) => fits(value, alternative))) return false;
  if (schema.oneOf && schema.oneOf.filter((alternative) => fits(value, alternative)).length !== 1) return false;
  return Object.entries(schema.properties ?? {}).every(
    ([name, own]) => !isFields(value) || value[name] === undefined || fits(value[name], own),
  );
}

/** The fields that tell alternatives apart: those that not all of them require. */
function alternativesOf(alternatives: readonly StructuralSchema[]): string {
  const lists = alternatives.flatMap(({ required }) => (required ? [required] : []));
  const common = (lists[0] ?? []).filter((name) => lists.every((list) => list.includes(name)));
  const telling = lists.map((list) => list.filter((name) => !common.includes(name)).join(' and '));
  return `${telling.join(', ')}${common.length > 0 ? ` (beside ${common.join(' and ')})` : ''}`;
}
