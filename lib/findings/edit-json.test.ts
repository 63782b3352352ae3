import type { Edit } from './edit';
import { editJson, isTouching } from './edit-json';

const lines = `{
  "a": { "x": 1, "y": [1, 3, 2] },
  // kept
  "b": {
    "list": [
      5,
      4
    ],
    "c": {}
  }
}
`;

test.each<[string, Edit[], string, string]>([
  ['replaces a value', [{ pointer: '/a/x', value: '1m' }], '"x": 1', '"x": "1m"'],
  ['replaces a list in one line', [{ pointer: '/a/y', value: [1, 2] }], '[1, 3, 2]', '[1, 2]'],
  ['replaces an element of a list', [{ pointer: '/a/y/1', value: 2 }], '[1, 3, 2]', '[1, 2, 2]'],
  ['replaces a list on many lines', [{ pointer: '/b/list', value: [4, 5] }], '5,\n      4', '4,\n      5'],
  ['adds to an object in one line', [{ pointer: '/a/z', value: true }], '2] }', '2], "z": true }'],
  [
    'adds to an object on many lines, with what is missing around it',
    [{ pointer: '/b/d/e', value: 0 }],
    '"c": {}',
    '"c": {},\n    "d": { "e": 0 }',
  ],
  ['adds to an empty object', [{ pointer: '/b/c/d', value: null }], '"c": {}', '"c": { "d": null }'],
  ['renames a key', [{ pointer: '/a/x', rename: 'w' }], '"x": 1', '"w": 1'],
  ['removes from one line', [{ pointer: '/a/x', remove: true }], '"x": 1, ', ''],
  [
    'removes several of a list',
    [
      { pointer: '/a/y/0', remove: true },
      { pointer: '/a/y/1', remove: true },
    ],
    '[1, 3, 2]',
    '[2]',
  ],
  [
    'adds two to one object, and one in what the first adds',
    [
      { pointer: '/b/d/e', value: 0 },
      { pointer: '/b/d/f', value: 1 },
    ],
    '"c": {}',
    '"c": {},\n    "d": { "e": 0, "f": 1 }',
  ],
  [
    'writes and removes in one list',
    [
      { pointer: '/a/y/0', remove: true },
      { pointer: '/a/y/2', value: 9 },
    ],
    '[1, 3, 2]',
    '[3, 9]',
  ],
  ['removes the last property', [{ pointer: '/b/c', remove: true }], ',\n    "c": {}', ''],
])('%s', (_name, edits, before, after) => {
  expect(lines).toContain(before);
  expect(editJson(lines, edits)).toBe(lines.replace(before, after));
});

test('keeps line ends of Windows', () => {
  expect(editJson('{\r\n\t"a": 1\r\n}', [{ pointer: '/b', value: 2 }])).toBe('{\r\n\t"a": 1,\r\n\t"b": 2\r\n}');
});

test.each<Edit>([
  { pointer: '/nowhere', remove: true },
  { pointer: '/a/y/0', rename: 'x' },
  { pointer: '/a/x/deeper', value: 1 },
  { pointer: '/a/y/9', value: 1 },
])('refuses what leads nowhere: %j', (edit) => {
  expect(() => editJson(lines, [edit])).toThrow(/nothing to change at|no object to add/);
});

test.each<[Edit, Edit, boolean]>([
  [{ pointer: '/a', value: 1 }, { pointer: '/a', remove: true }, true],
  [{ pointer: '/a', remove: true }, { pointer: '/a/b', value: 1 }, true],
  [{ pointer: '/a/b', value: 1 }, { pointer: '/a/bc', value: 1 }, false],
  [{ pointer: '/a/b', rename: 'c' }, { pointer: '/a/c/d', value: 1 }, true],
])('whether %j meets %j: %s', (a, b, expected) => {
  expect([isTouching(a, b), isTouching(b, a)]).toEqual([expected, expected]);
});
