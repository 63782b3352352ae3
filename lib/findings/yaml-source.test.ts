import { YamlSource } from './yaml-source';

const text = `# a comment
kind: A
spec:
  list:
    - name: x
    - &second
      name: y
---
kind: B
copy: &anchor { deep: 1 }
again: *anchor
empty:
`;

test.each([
  [0, '', 'value', 2, 1],
  [0, '/kind', 'value', 2, 7],
  [0, '/kind', 'key', 2, 1],
  [0, '/spec/list/0/name', 'value', 5, 13],
  [0, '/spec/list/1/name', 'key', 7, 7],
  [0, '/spec/list/9/name', 'value', 5, 5],
  [0, '/spec/nothing', 'value', 4, 3],
  [1, '/kind', 'value', 9, 7],
  [1, '/again', 'value', 11, 8],
  [1, '/again/deep', 'value', 10, 23],
  [1, '/empty', 'key', 12, 1],
] as const)('document %i %s (%s)', (document, pointer, part, line, column) => {
  expect(new YamlSource(text).locate(document, pointer, part)).toEqual({ line, column });
});

test('a text of one line, a document that is not there, and no text', () => {
  expect(new YamlSource('a: b').locate(0, '/a')).toEqual({ line: 1, column: 4 });
  expect(new YamlSource('a: b').locate(3, '/a')).toEqual({ line: 1, column: 1 });
  expect(new YamlSource('').locate(0, '/a')).toEqual({ line: 1, column: 1 });
  expect(new YamlSource(text).documentCount).toBe(2);
  expect(new YamlSource('').documentCount).toBe(0);
});

test('a bomb of aliases costs what its text costs', () => {
  const levels = Array.from({ length: 40 }, (_, n) => `l${n + 1}: &l${n + 1} [${Array(9).fill(`*l${n}`).join(', ')}]`);
  const bomb = new YamlSource(['l0: &l0 [boom]', ...levels].join('\n'));
  expect(bomb.locate(0, `/l40${'/8'.repeat(40)}/0`)).toEqual({ line: 1, column: 10 });
});

test('an alias of itself ends', () => {
  expect(new YamlSource('a: &a [*a]').locate(0, '/a/0/0/0')).toEqual({ line: 1, column: 8 });
});
