import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const root = join(__dirname, '..');
const lib = join(root, 'lib');
const sources = readdirSync(lib, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => join(lib, file));
const known = new Set(sources);

/** Files of lib that a file names, types included: an import, an export from elsewhere, a module loaded at need. */
function imported(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:\bfrom|\bimport\(|\brequire\() ?'(\.[^']*)'/g)].flatMap(([, name = '']) => {
    const base = join(dirname(file), name);
    return [`${base}.ts`, join(base, 'index.ts')].filter((path) => known.has(path));
  });
}

/** Groups of nodes that lead to each other, by Tarjan. */
function circles(nodes: Iterable<string>, next: (node: string) => Iterable<string>): string[][] {
  const found: string[][] = [];
  const indexes = new Map<string, { index: number; low: number; isOpen: boolean }>();
  const stack: string[] = [];
  const visit = (node: string) => {
    const own = { index: indexes.size, low: indexes.size, isOpen: true };
    indexes.set(node, own);
    stack.push(node);
    for (const other of next(node)) {
      const seen = indexes.get(other) ?? visit(other);
      if (seen.isOpen) own.low = Math.min(own.low, seen.low);
    }
    if (own.low === own.index) {
      const group = stack.splice(stack.indexOf(node));
      for (const one of group) indexes.get(one)!.isOpen = false;
      if (group.length > 1) found.push(group.sort());
    }
    return own;
  };
  for (const node of nodes) if (!indexes.has(node)) visit(node);
  return found;
}

const imports = new Map(sources.map((file) => [file, imported(file)]));
const roomOf = (file: string): string => relative(lib, file).split('/')[0]!;

test('no files of lib import each other in a circle, types included', () => {
  const found = circles(sources, (file) => imports.get(file)!);
  expect(
    found
      .flat()
      .map((file) => relative(root, file))
      .filter((file) => !/^lib\/(constructs|synth|app|cli)\//.test(file)),
  ).toEqual([]);
});

test('no rooms import each other in a circle', () => {
  const rooms = new Map<string, Set<string>>();
  for (const [file, others] of imports)
    for (const other of others) {
      const of = rooms.get(roomOf(file)) ?? new Set<string>();
      rooms.set(roomOf(file), of.add(roomOf(other)));
    }
  expect(circles(rooms.keys(), (room) => rooms.get(room) ?? [])).toEqual([]);
});

test('a planted circle is seen', () => {
  const planted = new Map([
    ['a', ['b']],
    ['b', ['c', 'd']],
    ['c', ['a']],
    ['d', []],
  ]);
  expect(circles(planted.keys(), (node) => planted.get(node)!)).toEqual([['a', 'b', 'c']]);
});
