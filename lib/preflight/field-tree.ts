import { toPointer } from '../findings';
import { apiGroup, isFields, remembered, rememberedFor } from '../kube';
import type { Entry, World } from '../world';
import { fieldTrees } from './field-trees.generated';

/** Kinds whose definitions are at hand, with the versions that they are of. */
const definedKinds: readonly (readonly [kind: string, group: string, version: RegExp])[] = [
  ['Canary', 'flagger.app', /\/v1beta1$/],
  ['MetricTemplate', 'flagger.app', /\/v1beta1$/],
  ['AlertProvider', 'flagger.app', /\/v1beta1$/],
  ['Kustomization', 'kustomize.toolkit.fluxcd.io', /\/v1$/],
  ['HelmRelease', 'helm.toolkit.fluxcd.io', /\/v2$/],
  ['VirtualService', 'networking.istio.io', /\/v1$/],
  ['DestinationRule', 'networking.istio.io', /\/v1$/],
];

/** What a definition says of one field. */
interface Node {
  /** The fields of a mapping; none where any may stand, or where it is no mapping. */
  readonly fields?: ReadonlyMap<string, Node>;
  /** The items of a list. */
  readonly items?: Node;
  /** What stands under each name, in a mapping with names of one's own. */
  readonly entries?: Node;
  readonly type?: PlainType;
  /** The texts that may stand there; none where any may. */
  readonly values?: readonly string[];
  /** Fields of the mapping that must be there. */
  readonly required?: readonly string[];
}

/** The type of a plain value. */
export type PlainType = 'string' | 'integer' | 'number' | 'boolean';

/** A field that no definition knows. */
export interface UnknownField {
  /** JSON pointer into the object. */
  readonly pointer: string;
  readonly name: string;
  /** The names that may stand there. */
  readonly known: readonly string[];
}

/** A field whose value the definition does not take. */
export interface MistypedField {
  readonly pointer: string;
  readonly value: unknown;
  readonly expected: PlainType | 'list' | 'mapping';
}

/** A text that is none of those that may stand there. */
export interface ForeignValue {
  readonly pointer: string;
  readonly value: string;
  readonly known: readonly string[];
}

/** A field that must be there, and is not. */
export interface MissingField {
  /** That of the mapping. */
  readonly pointer: string;
  readonly name: string;
}

const letters: Readonly<Record<string, PlainType>> = { s: 'string', i: 'integer', n: 'number', b: 'boolean' };

const parsed = remembered((key: string): Node | undefined => {
  const text = fieldTrees[key];
  return text === undefined ? undefined : read(text, { at: 0 });
});

function read(text: string, cursor: { at: number }): Node {
  switch (text[cursor.at]) {
    case '[':
      cursor.at++;
      return { items: read(text, cursor) };
    case '~':
      cursor.at++;
      return { entries: read(text, cursor) };
    case '=': {
      const type = letters[text[cursor.at + 1] ?? ''];
      cursor.at += 2;
      const values = readValues(text, cursor);
      return type ? { type, ...(values ? { values } : {}) } : {};
    }
    case '*':
      cursor.at++;
      return {};
    case '{':
      return readFields(text, cursor);
    default:
      return {};
  }
}

function readValues(text: string, cursor: { at: number }): readonly string[] | undefined {
  if (text[cursor.at] !== '<') return undefined;
  const end = text.indexOf('>', cursor.at);
  const values = text.slice(cursor.at + 1, end).split('|');
  cursor.at = end + 1;
  return values;
}

function readFields(text: string, cursor: { at: number }): Node {
  const fields = new Map<string, Node>();
  const required: string[] = [];
  cursor.at++;
  while (text[cursor.at] !== '}') {
    const isRequired = text[cursor.at] === '!';
    if (isRequired) cursor.at++;
    const [name = ''] = /^[^{}[\],*=~]+/.exec(text.slice(cursor.at, cursor.at + 80)) ?? [];
    cursor.at += name.length;
    if (isRequired) required.push(name);
    fields.set(name, read(text, cursor));
    if (text[cursor.at] === ',') cursor.at++;
  }
  cursor.at++;
  return required.length > 0 ? { fields, required } : { fields };
}

/** What a definition does not take of an object, each list in the order of the object. */
export interface FieldFaults {
  readonly unknown: readonly UnknownField[];
  /** null counts as absent. */
  readonly mistyped: readonly MistypedField[];
  readonly foreign: readonly ForeignValue[];
  readonly missing: readonly MissingField[];
}

/** Objects of the defined kinds with what their definitions do not take. */
export function* definedEntries(world: World): Generator<{ readonly entry: Entry; readonly faults: FieldFaults }> {
  for (const [kind, group, version] of definedKinds)
    for (const entry of world.writtenOfKind(kind, group))
      if (version.test(entry.object.apiVersion)) yield { entry, faults: faultsOf(entry) };
}

const noFaults: FieldFaults = { unknown: [], mistyped: [], foreign: [], missing: [] };

/** Whether a definition takes all of a value: most objects are sound, and to find that out nothing has to be made. */
function isSound(value: unknown, node: Node): boolean {
  if (value === null || value === undefined) return true;
  const { type, values, items, entries, fields, required } = node;
  if (type !== undefined) return isOfType(value, type) && (values === undefined || values.includes(value as string));
  if (items !== undefined) {
    if (!Array.isArray(value)) return false;
    for (let index = 0; index < value.length; index++) if (!isSound(value[index], items)) return false;
    return true;
  }
  if (entries === undefined && fields === undefined) return true;
  if (!isFields(value)) return false;
  if (entries !== undefined) {
    for (const name of Object.keys(value)) if (!isSound(value[name], entries)) return false;
    return true;
  }
  if (required !== undefined)
    for (const name of required) if (value[name] === undefined || value[name] === null) return false;
  for (const name of Object.keys(value)) {
    const child = fields!.get(name);
    if (child === undefined || !isSound(value[name], child)) return false;
  }
  return true;
}

/** Four rules ask for each. */
const faultsOf = rememberedFor(({ object }: Entry): FieldFaults => {
  const tree = parsed(`${apiGroup(object.apiVersion)}/${object.kind}`);
  if (!tree || isSound(object.spec, tree)) return noFaults;
  const unknown: UnknownField[] = [];
  const mistyped: MistypedField[] = [];
  const foreign: ForeignValue[] = [];
  const missing: MissingField[] = [];
  // One list for all: most fields have no fault whose pointer must be written.
  const steps: string[] = ['spec'];
  const refuse = (value: unknown, expected: MistypedField['expected']) =>
    void mistyped.push({ pointer: toPointer(steps), value, expected });
  const below = (step: string, value: unknown, node: Node) => {
    steps.push(step);
    visit(value, node);
    steps.pop();
  };
  const visit = (value: unknown, { fields, items, entries, type, values, required }: Node) => {
    if (value === null || value === undefined) return;
    if (type !== undefined) {
      if (!isOfType(value, type)) refuse(value, type);
      else if (values && !values.includes(value as string))
        foreign.push({ pointer: toPointer(steps), value: value as string, known: values });
    } else if (items) {
      if (!Array.isArray(value)) refuse(value, 'list');
      else for (const [index, item] of value.entries()) below(String(index), item, items);
    } else if (entries) {
      if (!isFields(value)) refuse(value, 'mapping');
      else for (const [name, child] of Object.entries(value)) below(name, child, entries);
    } else if (fields) {
      if (!isFields(value)) refuse(value, 'mapping');
      else {
        if (required)
          for (const name of required)
            if (value[name] === undefined || value[name] === null) missing.push({ pointer: toPointer(steps), name });
        for (const [name, child] of Object.entries(value)) {
          const node = fields.get(name);
          if (node) below(name, child, node);
          else unknown.push({ pointer: toPointer([...steps, name]), name, known: [...fields.keys()] });
        }
      }
    }
  };
  visit(object.spec, tree);
  return { unknown, mistyped, foreign, missing };
});

/** The nearest place above the field at which its kind knows one of that name: `spec`. */
export function definedAbove({ object }: Entry, pointer: string, name: string): string | undefined {
  let node = parsed(`${apiGroup(object.apiVersion)}/${object.kind}`);
  const [first = '', ...steps] = pointer.split('/').slice(1, -1);
  let found: string | undefined;
  let path = first;
  for (const step of steps) {
    if (node?.fields?.has(name)) found = path;
    node = node?.items ?? node?.fields?.get(step);
    path = `${path}.${step}`;
  }
  return found;
}

function isOfType(value: unknown, type: PlainType): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string';
    case 'boolean':
      return typeof value === 'boolean';
    case 'number':
      return typeof value === 'number';
    case 'integer':
      return Number.isInteger(value);
    default: {
      const never: never = type;
      return never;
    }
  }
}
