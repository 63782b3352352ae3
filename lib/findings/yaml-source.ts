import type { Document, LineCounter, Node, Pair } from 'yaml';
import type { LineColumn } from './line-index';
import { fromPointer } from './pointer';

// Loaded at the first question: a run without findings in YAML must not pay for it.
const yaml = (): typeof import('yaml') => require('yaml');

/** An alias of an alias of …: deeper is a loop or a bomb. */
const MAX_ALIASES = 100;

/**
 * Positions in a text of YAML documents. Nothing is parsed before the first question, and aliases are followed one at
 * a time, never expanded: a bomb of aliases costs what its text costs.
 */
export class YamlSource {
  private parsed: { readonly documents: readonly Document[]; readonly lines: LineCounter } | undefined;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** Where the value (or key) at a pointer of a document (from 0) starts; the nearest parent that exists otherwise. */
  locate(document: number, pointer: string, part: 'value' | 'key' = 'value'): LineColumn {
    const { documents, lines } = this.parse();
    const root = documents[document];
    let offset = root?.contents?.range?.[0] ?? root?.range?.[0] ?? 0;
    let node: Node | null | undefined = root?.contents;
    const names = fromPointer(pointer);
    for (const [index, name] of names.entries()) {
      const found = root && node ? step(resolveAlias(node, root), name) : undefined;
      if (!found) break;
      node = found.value;
      const wanted =
        part === 'key' && index === names.length - 1 ? (found.key ?? found.value) : (found.value ?? found.key);
      offset = wanted?.range?.[0] ?? offset;
    }
    const { line, col } = lines.linePos(offset);
    // A text without a line break has no line in the counter before its end.
    return line === 0 ? { line: 1, column: offset + 1 } : { line, column: col };
  }

  /** How many documents the text has. */
  get documentCount(): number {
    return this.parse().documents.length;
  }

  private parse() {
    if (!this.parsed) {
      const { LineCounter, parseAllDocuments } = yaml();
      const lines = new LineCounter();
      const documents = parseAllDocuments(this.text, {
        lineCounter: lines,
        logLevel: 'silent',
        keepSourceTokens: false,
      });
      this.parsed = { documents: Array.isArray(documents) ? documents : [], lines };
    }
    return this.parsed;
  }
}

interface Step {
  readonly key?: Node | null;
  readonly value: Node | null;
}

function step(node: Node | undefined, name: string): Step | undefined {
  const { isMap, isScalar, isSeq } = yaml();
  if (isSeq<Node>(node)) {
    const value = /^\d+$/.test(name) ? node.items[Number(name)] : undefined;
    return value && { value };
  }
  if (!isMap<Node, Node | null>(node)) return undefined;
  const pair: Pair<Node, Node | null> | undefined = node.items.find(
    ({ key }) => isScalar(key) && String(key.value) === name,
  );
  return pair && { key: pair.key, value: pair.value };
}

function resolveAlias(node: Node, document: Document): Node | undefined {
  const { isAlias } = yaml();
  let current: Node | undefined = node;
  for (let hops = 0; isAlias(current) && hops < MAX_ALIASES; hops++) current = current.resolve(document);
  return current;
}
