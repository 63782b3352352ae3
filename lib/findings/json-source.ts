import type { Node } from 'jsonc-parser';
import { type LineColumn, LineIndex } from './line-index';
import { fromPointer } from './pointer';

/** Where the items of a list stand in a text. */
export interface JsonItems {
  /** Key of the list, which the outermost object has. */
  readonly key: string;
  /** Of each item the offset of its first character and of the one behind its last, in turn. */
  readonly offsets: readonly number[];
}

/** Positions in a JSON text. Nothing is parsed before the first question. */
export class JsonSource {
  private tree: Node | undefined;
  private readonly trees = new Map<number, Node | undefined>();
  private lines: LineIndex | undefined;

  /** @param items what is known already: of one of these items nothing else has to be parsed */
  constructor(
    private readonly text: string,
    private readonly items?: JsonItems,
  ) {}

  /**
   * Where the value (or, if asked, the key) at a pointer starts; the nearest parent that exists otherwise.
   * Of a key that stands twice in one object the last is meant, as JSON.parse reads it.
   */
  locate(pointer: string, part: 'value' | 'key' = 'value'): LineColumn {
    const path = fromPointer(pointer);
    const item = this.itemOf(path);
    let node = item === undefined ? this.whole() : this.itemTree(item);
    let isWhole = true;
    for (const name of item === undefined ? path : path.slice(2)) {
      const next: Node | undefined = node && step(node, name);
      isWhole = next !== undefined;
      if (!next) break;
      node = next;
    }
    const parent = node?.parent;
    const key = part === 'key' && isWhole && parent?.type === 'property' ? parent.children?.[0] : undefined;
    const offset = (key ?? node)?.offset ?? 0;
    return this.at(item === undefined ? this.beforeCut(offset) : this.items!.offsets[2 * item]! + offset);
  }

  /** Line and column of an offset. */
  at(offset: number): LineColumn {
    this.lines ??= new LineIndex(this.text);
    return this.lines.locate(offset);
  }

  /** Index of the item that a path leads to or into. */
  private itemOf([key, index = '']: readonly string[]): number | undefined {
    const { items } = this;
    return items && key === items.key && isIndex(index) && Number(index) < items.offsets.length / 2
      ? Number(index)
      : undefined;
  }

  /** The tree of the text without the known items, which can be nearly all of it. */
  private whole(): Node | undefined {
    const [from, to] = this.cut;
    this.tree ??= parse(this.text.slice(0, from) + this.text.slice(to));
    return this.tree;
  }

  /** The offset in the text of one in the text without the items. */
  private beforeCut(offset: number): number {
    const [from, to] = this.cut;
    return offset < from ? offset : offset + to - from;
  }

  /** Where the items begin and end. */
  private get cut(): readonly [number, number] {
    const { offsets = [] } = this.items ?? {};
    return [offsets[0] ?? 0, offsets.at(-1) ?? 0];
  }

  private itemTree(index: number): Node | undefined {
    const { offsets } = this.items!;
    if (!this.trees.has(index))
      this.trees.set(index, parse(this.text.slice(offsets[2 * index], offsets[2 * index + 1])));
    return this.trees.get(index);
  }
}

function parse(text: string): Node | undefined {
  // Loaded here, not above: a run without findings must not pay for it.
  const { parseTree } = require('jsonc-parser') as typeof import('jsonc-parser');
  return parseTree(text);
}

const isIndex = (name: string): boolean => /^\d+$/.test(name);

function step(node: Node, name: string): Node | undefined {
  if (node.type === 'array') return isIndex(name) ? node.children?.[Number(name)] : undefined;
  return node.children?.findLast((property) => property.children?.[0]?.value === name)?.children?.[1];
}
