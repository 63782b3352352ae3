import type { Node } from 'jsonc-parser';
import type { Edit } from './edit';
import { fromPointer } from './pointer';

// Loaded at the first question: a run that mends nothing must not pay for it.
const jsonc = (): typeof import('jsonc-parser') => require('jsonc-parser');

/**
 * The text with the changes made, and every other character as it was. Values are written as their neighbours are: in
 * one line, or each on its own.
 * @throws Error when a pointer leads nowhere: an edit comes from a finding about this very text.
 */
export function editJson(text: string, edits: readonly Edit[]): string {
  const [written, gone] = [edits.filter((edit) => !('remove' in edit)), edits.filter((edit) => 'remove' in edit)];
  // What is removed moves its neighbours in a list: last, and from the back.
  return applyAll(
    applyAll(text, written),
    gone.sort((a, b) => comparePointers(b.pointer, a.pointer)),
  );
}

/** The replacement of a stretch of text. */
interface Splice {
  readonly offset: number;
  readonly length: number;
  readonly text: string;
  /** The object or list that gets or loses a child: two such changes of one must be made one after the other. */
  readonly container?: Node;
}

/** In one pass over the text as far as the changes do not disturb each other: parsing anew for each would be quadratic. */
function applyAll(text: string, edits: readonly Edit[]): string {
  if (edits.length === 0) return text;
  const root = jsonc().parseTree(text);
  const splices = edits.map((edit) => ({ edit, ...spliceOf(text, root, edit) }));
  const changes = new Map<Node, number>();
  for (const { container } of splices) if (container) changes.set(container, (changes.get(container) ?? 0) + 1);
  const isAlone = ({ container }: Splice) => container === undefined || changes.get(container) === 1;
  const together = splices.filter(isAlone).sort((a, b) => b.offset - a.offset);
  const parts: string[] = [];
  let end = text.length;
  for (const splice of together) {
    parts.push(text.slice(splice.offset + splice.length, end), splice.text);
    end = splice.offset;
  }
  const result = [...parts, text.slice(0, end)].reverse().join('');
  return splices.filter((splice) => !isAlone(splice)).reduce((current, { edit }) => applyAll(current, [edit]), result);
}

/** Whether two changes meet: at the same place, or one inside the other. */
export function isTouching(a: Edit, b: Edit): boolean {
  const isInside = (inner: string, outer: string) => inner === outer || inner.startsWith(`${outer}/`);
  const places = ({ pointer, ...edit }: Edit) => [
    pointer,
    ...('rename' in edit ? [`${pointer.slice(0, pointer.lastIndexOf('/'))}/${edit.rename}`] : []),
  ];
  return places(a).some((one) => places(b).some((other) => isInside(one, other) || isInside(other, one)));
}

function comparePointers(a: string, b: string): number {
  const [left, right] = [fromPointer(a), fromPointer(b)];
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const [one, other] = [left[index]!, right[index]!];
    if (one === other) continue;
    return /^\d+$/.test(one) && /^\d+$/.test(other) ? Number(one) - Number(other) : one < other ? -1 : 1;
  }
  return left.length - right.length;
}

function spliceOf(text: string, root: Node | undefined, edit: Edit): Splice {
  const path = fromPointer(edit.pointer);
  const segments = root ? segmentsOf(root, path) : undefined;
  const node = root && segments && jsonc().findNodeAtLocation(root, segments);
  if ('value' in edit) {
    if (node) return replacement(node, rendered(text, node, edit.value));
    return insertion(text, root, path, edit.value);
  }
  const key = node?.parent?.type === 'property' ? node.parent.children?.[0] : undefined;
  if (!node || ('rename' in edit && !key)) throw new Error(`nothing to change at ${edit.pointer}`);
  if ('rename' in edit && key) return replacement(key, JSON.stringify(edit.rename));
  return removal(key ? node.parent! : node);
}

/** The child and one comma. jsonc-parser's own edit takes the blanks around it along, or formats the line anew. */
function removal(child: Node): Splice {
  const container = child.parent;
  if (!container) throw new Error('the whole text cannot be removed');
  const siblings = container.children ?? [];
  const index = siblings.indexOf(child);
  const [previous, next] = [siblings[index - 1], siblings[index + 1]];
  const end = child.offset + child.length;
  const cut = (offset: number, to: number): Splice => ({ offset, length: to - offset, text: '', container });
  if (previous) return cut(previous.offset + previous.length, end);
  if (next) return cut(child.offset, next.offset);
  return { ...replacement(container, container.type === 'array' ? '[]' : '{}'), container };
}

/** The path with numbers where a list is meant; undefined where it leads nowhere. */
function segmentsOf(root: Node, path: readonly string[]): (string | number)[] | undefined {
  const segments: (string | number)[] = [];
  let node: Node | undefined = root;
  for (const name of path) {
    if (node?.type !== 'array' && node?.type !== 'object') return undefined;
    const segment: string | number = node.type === 'array' ? Number(name) : name;
    segments.push(segment);
    node = jsonc().findNodeAtLocation(node, [segment]);
    if (!node) return undefined;
  }
  return segments;
}

/** Adds what is not there, with the objects around it that are not there either. */
function insertion(text: string, root: Node | undefined, path: readonly string[], value: unknown): Splice {
  let parent = root;
  let depth = 0;
  for (; depth < path.length - 1; depth++) {
    const next: Node | undefined = parent && jsonc().findNodeAtLocation(parent, [segmentAt(parent, path[depth]!)]);
    if (!next) break;
    parent = next;
  }
  if (parent?.type !== 'object') throw new Error(`no object to add /${path.join('/')} to`);
  const wrapped = path.slice(depth + 1).reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
  const property = `${JSON.stringify(path[depth])}: ${inline(wrapped)}`;
  const last = parent.children?.at(-1);
  if (!last) return { ...replacement(parent, `{ ${property} }`), container: parent };
  const added = `,${gapBefore(text, parent, last)}${property}`;
  return { offset: last.offset + last.length, length: 0, text: added, container: parent };
}

const segmentAt = (node: Node, name: string): string | number => (node.type === 'array' ? Number(name) : name);

/** The blanks or the line break that the container puts before its last child. */
function gapBefore(text: string, parent: Node, last: Node): string {
  const before = text.slice(parent.offset + 1, last.offset);
  const gap = /\s*$/.exec(before)?.[0] ?? '';
  const lineBreak = gap.lastIndexOf('\n');
  if (lineBreak < 0) return gap === '' && parent.children?.length !== 1 ? '' : ' ';
  return `${text.includes('\r\n') ? '\r\n' : '\n'}${gap.slice(lineBreak + 1)}`;
}

/** A list that had its values on lines of their own keeps them there. */
function rendered(text: string, node: Node, value: unknown): string {
  const first = node.type === 'array' ? node.children?.[0] : undefined;
  if (!Array.isArray(value) || value.length === 0 || !first) return inline(value);
  const gap = text.slice(node.offset + 1, first.offset);
  if (!gap.includes('\n')) return inline(value);
  const last = node.children!.at(-1)!;
  const closing = text.slice(last.offset + last.length, node.offset + node.length - 1);
  return `[${gap}${value.map(inline).join(`,${gap}`)}${closing}]`;
}

function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const pairs = Object.entries(value).map(([key, child]) => `${JSON.stringify(key)}: ${inline(child)}`);
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`;
}

const replacement = ({ offset, length }: Node, text: string): Splice => ({ offset, length, text });
