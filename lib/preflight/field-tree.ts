import { isFields, remembered } from '../kube';
import { fieldTrees } from './field-trees.generated';

/** The fields that a definition knows; `undefined` where any may stand. */
type Tree = ReadonlyMap<string, Tree | undefined>;

/** A field that no definition knows. */
export interface UnknownField {
  /** JSON pointer into the object. */
  readonly pointer: string;
  readonly name: string;
  /** The names that may stand there. */
  readonly known: readonly string[];
}

const parsed = remembered((key: string): Tree | undefined => {
  const text = fieldTrees[key];
  return text === undefined ? undefined : read(text, { at: 0 });
});

function read(text: string, cursor: { at: number }): Tree {
  const tree = new Map<string, Tree | undefined>();
  cursor.at++;
  while (text[cursor.at] !== '}') {
    const [name = ''] = /^[^{},*]+/.exec(text.slice(cursor.at, cursor.at + 80)) ?? [];
    cursor.at += name.length;
    if (text[cursor.at] === '{') tree.set(name, read(text, cursor));
    else if (text[cursor.at] === '*') {
      tree.set(name, undefined);
      cursor.at++;
    } else tree.set(name, leaf);
    if (text[cursor.at] === ',') cursor.at++;
  }
  cursor.at++;
  return tree;
}

const leaf: Tree = new Map();

/** The fields of `spec` that the definition of the kind does not know; none of a kind whose definition is not at hand. */
export function unknownFields(group: string, kind: string, spec: unknown): readonly UnknownField[] {
  const tree = parsed(`${group}/${kind}`);
  if (!tree) return [];
  const found: UnknownField[] = [];
  const visit = (value: unknown, at: Tree, pointer: string) => {
    if (Array.isArray(value)) {
      value.forEach((item, index) => {
        visit(item, at, `${pointer}/${index}`);
      });
      return;
    }
    // What is no mapping there has the wrong type: another rule's.
    if (!isFields(value) || at === leaf) return;
    for (const [name, child] of Object.entries(value)) {
      const below = at.get(name);
      const own = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      if (!at.has(name)) found.push({ pointer: own, name, known: [...at.keys()] });
      else if (below) visit(child, below, own);
    }
  };
  visit(spec, tree, '/spec');
  return found;
}
