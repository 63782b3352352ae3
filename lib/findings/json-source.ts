import type { Node } from 'jsonc-parser';
import { type LineColumn, LineIndex } from './line-index';
import { fromPointer } from './pointer';

/** Positions in a JSON text. Nothing is parsed before the first question. */
export class JsonSource {
  private tree: Node | undefined;
  private lines: LineIndex | undefined;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /**
   * Where the value (or, if asked, the key) at a pointer starts; the nearest parent that exists otherwise.
   * Of a key that stands twice in one object the last is meant, as JSON.parse reads it.
   */
  locate(pointer: string, part: 'value' | 'key' = 'value'): LineColumn {
    // Loaded here, not above: a run without findings must not pay for it.
    const { parseTree } = require('jsonc-parser') as typeof import('jsonc-parser');
    this.tree ??= parseTree(this.text);
    let node = this.tree;
    let isWhole = true;
    for (const name of fromPointer(pointer)) {
      const next: Node | undefined = node && step(node, name);
      isWhole = next !== undefined;
      if (!next) break;
      node = next;
    }
    const parent = node?.parent;
    const key = part === 'key' && isWhole && parent?.type === 'property' ? parent.children?.[0] : undefined;
    return this.at((key ?? node)?.offset ?? 0);
  }

  /** Line and column of an offset. */
  at(offset: number): LineColumn {
    this.lines ??= new LineIndex(this.text);
    return this.lines.locate(offset);
  }
}

function step(node: Node, name: string): Node | undefined {
  if (node.type === 'array') return /^\d+$/.test(name) ? node.children?.[Number(name)] : undefined;
  return node.children?.findLast((property) => property.children?.[0]?.value === name)?.children?.[1];
}
