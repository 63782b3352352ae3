import { editYaml, type YamlEdit } from './edit-yaml';

const TEXT = `# the shop
name: cart # kept
env:
  A: 1.10
  B: two
list:
  - one
  - two # the second
flow: { a: 1, b: [x, y] }
empty:
nothing: {}
ports:
- number: 80
  name: http
- number: 90
last: |
  text
`;

test.each<[string, YamlEdit, string, string]>([
  ['a value', { pointer: '/name', value: 'basket' }, 'name: cart # kept', 'name: basket # kept'],
  ['a text that looks like a number', { pointer: '/env/B', value: '2' }, 'B: two', 'B: "2"'],
  ['a number that is to be text keeps its spelling', { pointer: '/env/A', value: '1.1' }, 'A: 1.10', 'A: "1.10"'],
  ['a list', { pointer: '/list', value: ['a'] }, '\n  - one\n  - two # the second', '\n  [ a ]'],
  ['a literal', { pointer: '/last', value: 'x' }, 'last: |\n  text\n', 'last: x\n'],
  ['a key', { pointer: '/env/B', rename: 'C' }, '  B: two', '  C: two'],
  ['a new key', { pointer: '/env/C', value: true }, '  B: two\n', '  B: two\n  C: true\n'],
  ['a new key of a list item', { pointer: '/ports/1/name', value: 'x' }, '- number: 90\n', '- number: 90\n  name: x\n'],
  ['new objects around it', { pointer: '/a/b', value: 1 }, '  text\n', '  text\na:\n  b: 1\n'],
  ['into a flow map', { pointer: '/flow/c', value: 'z' }, '[x, y] }', '[x, y], c: z }'],
  ['into nothing', { pointer: '/empty/a', value: 1 }, 'empty:\n', 'empty: { a: 1 }\n'],
  ['into an empty map', { pointer: '/nothing/a', value: 1 }, 'nothing: {}', 'nothing: { a: 1 }'],
  ['away with a key', { pointer: '/env/A', remove: true }, '  A: 1.10\n  B', '  B'],
  ['away with the last key', { pointer: '/env/B', remove: true }, '  B: two\n', ''],
  ['away with an item', { pointer: '/list/1', remove: true }, '  - two # the second\n', ''],
  ['away with the first of several items', { pointer: '/list/0', remove: true }, '  - one\n', ''],
  [
    'away with the first key of an item',
    { pointer: '/ports/0/number', remove: true },
    '- number: 80\n  name',
    '- name',
  ],
  ['away with the only key', { pointer: '/ports/1/number', remove: true }, '- number: 90', '- {}'],
  ['away with one of a flow list', { pointer: '/flow/b/0', remove: true }, '[x, y]', '[y]'],
  ['away with the last of a flow map', { pointer: '/flow/b', remove: true }, '{ a: 1, b: [x, y] }', '{ a: 1 }'],
  [
    'one more item',
    { pointer: '/list', append: { a: [1] } },
    '  - two # the second\n',
    '  - two # the second\n  - a:\n    - 1\n',
  ],
  ['one more of a flow list', { pointer: '/flow/b', append: 'z' }, '[x, y]', '[x, y, z]'],
  ['the first item of a list that is not there', { pointer: '/more', append: 'z' }, '  text\n', '  text\nmore:\n- z\n'],
])('%s', (_, edit, before, after) => {
  expect(editYaml(TEXT, [edit])).toBe(TEXT.replace(before, after));
});

test('several at once, also of one list', () => {
  const text = 'list:\n  - a\n  - b\n  - c\nname: x\n';
  const edits: YamlEdit[] = [
    { pointer: '/list/0', remove: true },
    { pointer: '/list/2', remove: true },
    { pointer: '/list/1', value: 'd' },
    { pointer: '/name', rename: 'title' },
  ];
  expect(editYaml(text, edits)).toBe('list:\n  - d\ntitle: x\n');
});

test('line breaks of Windows stay', () => {
  expect(editYaml('a:\r\n  b: 1\r\nc: 2\r\n', [{ pointer: '/a/d', value: 3 }])).toBe(
    'a:\r\n  b: 1\r\n  d: 3\r\nc: 2\r\n',
  );
});

test.each<[string, string, YamlEdit, string]>([
  ['what is not there', 'a: 1\n', { pointer: '/b', remove: true }, 'nothing to change at /b'],
  ['what an alias brings', 'a: &x { b: 1 }\nc: *x\n', { pointer: '/c/d', value: 2 }, 'no object to add /c/d to'],
  [
    'what others have too',
    'a: &x\n  b: 1\nc: *x\n',
    { pointer: '/a/b', value: 2 },
    '/a/b cannot be changed without changing what is around it',
  ],
])('refuses %s', (_, text, edit, message) => {
  expect(() => editYaml(text, [edit])).toThrow(message);
});
