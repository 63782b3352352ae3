import { isDeepStrictEqual } from 'node:util';
import type { Document, Node, Pair, YAMLMap, YAMLSeq } from 'yaml';
import type { Edit } from './edit';
import { fromPointer } from './pointer';

// Loaded at the first question: a run that mends nothing must not pay for it.
const yaml = (): typeof import('yaml') => require('yaml');

/** An addition to a list, besides what `Edit` can say. */
export type YamlEdit = Edit | { readonly pointer: string; readonly append: unknown };

/**
 * The text of one YAML document with the changes made, and every other character as it was. What is new is written in the
 * style of what is around it.
 * @throws Error when a pointer leads nowhere, or when the place cannot be changed by itself: behind an alias, say
 */
export function editYaml(text: string, edits: readonly YamlEdit[]): string {
  return edits
    .toSorted((a, b) => Number('remove' in a) - Number('remove' in b) || comparePointers(b.pointer, a.pointer))
    .reduce(edited, text);
}

/** From the back: what is removed moves its neighbours in a list. */
function comparePointers(a: string, b: string): number {
  const [left, right] = [fromPointer(a), fromPointer(b)];
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const [one, other] = [left[index]!, right[index]!];
    if (one === other) continue;
    return isIndex(one) && isIndex(other) ? Number(one) - Number(other) : one < other ? -1 : 1;
  }
  return left.length - right.length;
}

function edited(text: string, asked: YamlEdit): string {
  const { parseDocument } = yaml();
  const document = parseDocument(text, { logLevel: 'silent', merge: true });
  if (document.errors.length > 0) throw new Error(`not YAML: ${document.errors[0]!.message}`);
  const edit = spelled(text, document, asked);
  const result = spliced(text, document, edit);
  const after = parseDocument(result, { logLevel: 'silent', merge: true });
  // The formatting of YAML has more corners than are known here: a text that says anything else is none.
  if (after.errors.length > 0 || !isDeepStrictEqual(after.toJS(), expected(document.toJS(), edit)))
    throw new Error(`${edit.pointer} cannot be changed without changing what is around it`);
  return result;
}

/** A number that is to be a text keeps its spelling: `1.10` is the tag "1.10". */
function spelled(text: string, document: Document, edit: YamlEdit): YamlEdit {
  const node = 'value' in edit ? find(document, fromPointer(edit.pointer))?.value : undefined;
  if (!('value' in edit) || !yaml().isScalar(node) || !node.range || edit.value !== String(node.value)) return edit;
  return typeof node.value === 'number' ? { ...edit, value: text.slice(node.range[0], node.range[1]) } : edit;
}

/** The value with the change made. */
function expected(value: unknown, edit: YamlEdit): unknown {
  const path = fromPointer(edit.pointer);
  const copy = JSON.parse(JSON.stringify(value)) as unknown;
  if (path.length === 0) return 'append' in edit && Array.isArray(copy) ? [...copy, edit.append] : copy;
  let node = copy as Record<string, unknown>;
  for (const name of path.slice(0, -1)) {
    node[name] ??= {};
    node = node[name] as Record<string, unknown>;
  }
  const last = path.at(-1)!;
  if ('value' in edit) node[last] = edit.value;
  else if ('append' in edit) node[last] = [...((node[last] as unknown[]) ?? []), edit.append];
  else if ('rename' in edit) return withRenamed(copy, path, edit.rename);
  else if (Array.isArray(node)) node.splice(Number(last), 1);
  else delete node[last];
  return copy;
}

function withRenamed(value: unknown, path: readonly string[], name: string): unknown {
  const [first, ...rest] = path;
  if (Array.isArray(value))
    return value.map((item, index) => (String(index) === first ? withRenamed(item, rest, name) : item));
  return Object.fromEntries(
    Object.entries(value as object).map(([key, child]): [string, unknown] => {
      if (key !== first) return [key, child];
      return rest.length === 0 ? [name, child] : [key, withRenamed(child, rest, name)];
    }),
  );
}

function spliced(text: string, document: Document, edit: YamlEdit): string {
  const path = fromPointer(edit.pointer);
  const found = find(document, path);
  if ('append' in edit) return appended(text, document, path, found?.value, edit.append);
  if ('value' in edit) return found ? replaced(text, found, edit.value) : inserted(text, document, path, edit.value);
  if (!found) throw new Error(`nothing to change at ${edit.pointer}`);
  if ('rename' in edit) {
    const range = found.pair && (found.pair.key as Node).range;
    if (!range) throw new Error(`nothing to rename at ${edit.pointer}`);
    return text.slice(0, range[0]) + scalar(edit.rename) + text.slice(range[1]);
  }
  return removed(text, found);
}

interface Found {
  readonly value: Node | null;
  readonly pair?: Pair<Node, Node | null>;
  readonly parent: YAMLMap<Node, Node | null> | YAMLSeq<Node>;
  readonly index: number;
}

function find(document: Document, path: readonly string[]): Found | undefined {
  const { isMap, isSeq } = yaml();
  let value = document.contents as Node | null;
  let found: Found | undefined;
  for (const name of path) {
    if (isSeq<Node>(value)) {
      const index = isIndex(name) ? Number(name) : -1;
      const item = value.items[index];
      if (!item) return undefined;
      found = { value: item, parent: value, index };
    } else if (isMap<Node, Node | null>(value)) {
      const index = value.items.findIndex(({ key }) => keyOf(key) === name);
      const pair = value.items[index];
      if (!pair) return undefined;
      found = { value: pair.value, pair, parent: value, index };
    } else return undefined;
    value = found.value;
  }
  return found;
}

function keyOf(key: unknown): string | undefined {
  return yaml().isScalar(key) ? String(key.value) : undefined;
}

function replaced(text: string, { value: node, pair }: Found, value: unknown): string {
  const { isCollection, isScalar } = yaml();
  if (pair && (!node?.range || node.range[0] === node.range[1])) {
    const end = (pair.key as Node).range![1];
    const colon = text.indexOf(':', end) + 1;
    return `${text.slice(0, colon)} ${inline(value)}${text.slice(colon)}`;
  }
  const [start, end] = node!.range!;
  const source = text.slice(start, end);
  // A block ends with the line break of its last line.
  const blank = isCollection(node) && !node.flow ? /\s*$/.exec(source)![0].length : 0;
  const isLiteral = isScalar(node) && /^BLOCK/.test(node.type ?? '');
  return text.slice(0, start) + inline(value) + (isLiteral ? lineBreak(text) : '') + text.slice(end - blank);
}

function inserted(text: string, document: Document, path: readonly string[], value: unknown): string {
  const { isMap } = yaml();
  let depth = path.length - 1;
  while (depth > 0 && !find(document, path.slice(0, depth))) depth--;
  const found = depth === 0 ? undefined : find(document, path.slice(0, depth));
  const parent = depth === 0 ? (document.contents as Node | null) : found!.value;
  const wrapped = path.slice(depth + 1).reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
  const child = { [path[depth]!]: wrapped };
  if (parent === null || !isMap<Node, Node | null>(parent) || parent.items.length === 0) {
    const isNothing = parent === null || (isMap(parent) && parent.items.length === 0) || keyOf(parent) === 'null';
    if (!found || !isNothing) throw new Error(`no object to add /${path.join('/')} to`);
    return replaced(text, found, child);
  }
  if (parent.flow) return addedToFlow(text, parent.items, inline(child).slice(1, -1).trim());
  const indent = columnOf(text, (parent.items[0]!.key as Node).range![0]);
  return addedBelow(text, endOf(parent.items.at(-1)!), indent, child);
}

function appended(
  text: string,
  document: Document,
  path: readonly string[],
  list: Node | null | undefined,
  value: unknown,
): string {
  const { isSeq } = yaml();
  if (list === undefined) return inserted(text, document, path, [value]);
  if (!isSeq<Node>(list) || list.items.length === 0) return replaced(text, find(document, path)!, [value]);
  if (list.flow) return addedToFlow(text, list.items, inline(value));
  const indent = columnOf(text, list.range![0]);
  return addedBelow(text, endOf(list.items.at(-1)!), indent, [value]);
}

function addedToFlow(text: string, items: readonly unknown[], added: string): string {
  const last = items.at(-1)!;
  const end = endOf(last as Node);
  return `${text.slice(0, end)}, ${added}${text.slice(end)}`;
}

/** In a block, on lines of its own behind the last one of what ends at `end`. */
function addedBelow(text: string, end: number, indent: number, value: unknown): string {
  const { stringify } = yaml();
  const newLine = lineBreak(text);
  // Where a block ends its last line has ended too.
  let at = end;
  while (at > 0 && /\s/.test(text[at - 1]!)) at--;
  const stop = text.indexOf('\n', at);
  const lineEnd = stop < 0 ? text.length : text[stop - 1] === '\r' ? stop - 1 : stop;
  const lines = stringify(value, { lineWidth: 0, indentSeq: indentsLists(text) })
    .trimEnd()
    .split('\n');
  const block = lines.map((line) => (line === '' ? '' : ' '.repeat(indent) + line)).join(newLine);
  return `${text.slice(0, lineEnd)}${newLine}${block}${text.slice(lineEnd)}`;
}

function removed(text: string, { parent, index, pair, value }: Found): string {
  const items = parent.items as readonly (Node | Pair<Node, Node | null>)[];
  if (items.length === 1) {
    const [start, end] = parent.range!;
    const blank = parent.flow ? 0 : /\s*$/.exec(text.slice(start, end))![0].length;
    return text.slice(0, start) + (yaml().isMap(parent) ? '{}' : '[]') + text.slice(end - blank);
  }
  const start = startOf(pair ?? value!);
  const end = endOf(pair ?? value!);
  if (parent.flow) {
    const next = items[index + 1];
    if (next) return text.slice(0, start) + text.slice(startOf(next));
    return text.slice(0, endOf(items[index - 1]!)) + text.slice(end);
  }
  const next = items[index + 1];
  // The first key behind a dash of the list: the next one takes its place.
  if (next && index === 0 && !/^ *(?:- +)?$/.test(text.slice(text.lastIndexOf('\n', start - 1) + 1, start)))
    throw new Error('the first of several on one line');
  if (next && index === 0 && pair) return text.slice(0, start) + text.slice(startOf(next));
  const from = text.lastIndexOf('\n', start - 1) + 1;
  let to = end;
  while (to > 0 && /\s/.test(text[to - 1]!)) to--;
  const stop = text.indexOf('\n', to);
  return text.slice(0, from) + (stop < 0 ? '' : text.slice(stop + 1));
}

const startOf = (item: Node | Pair<Node, Node | null>): number =>
  ('key' in item ? (item.key as Node).range : (item as Node).range)![0];

function endOf(item: Node | Pair<Node, Node | null>): number {
  if (!('key' in item)) return (item as Node).range![1];
  const { key, value } = item as Pair<Node, Node | null>;
  return value?.range && value.range[1] > value.range[0] ? value.range[1] : key.range![1] + 1;
}

const columnOf = (text: string, offset: number): number => offset - (text.lastIndexOf('\n', offset - 1) + 1);

const lineBreak = (text: string): string => (text.includes('\r\n') ? '\r\n' : '\n');

/** Whether the dashes of lists stand deeper than the key before them. */
const indentsLists = (text: string): boolean => !/^( *)[^\s#-][^\n]*:\r?\n\1- /m.test(text);

const isIndex = (name: string): boolean => /^\d+$/.test(name);

const scalar = (value: unknown): string => yaml().stringify(value, { lineWidth: 0 }).trimEnd();

function inline(value: unknown): string {
  if (typeof value === 'string' && value.includes('\n')) return JSON.stringify(value);
  return yaml().stringify(value, { lineWidth: 0, collectionStyle: 'flow', flowCollectionPadding: true }).trimEnd();
}
