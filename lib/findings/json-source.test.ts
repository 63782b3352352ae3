import { JsonSource } from './json-source';

const text = `{
  "services": [
    { "name": "cart", "env": { "A/B": 1 } },
    { "name": "front", "name": "frontend" }
  ]
}`;

test.each([
  ['', 'value', 1, 1],
  ['/services', 'value', 2, 15],
  ['/services', 'key', 2, 3],
  ['/services/0', 'value', 3, 5],
  ['/services/0/name', 'value', 3, 15],
  ['/services/0/env/A~1B', 'key', 3, 32],
  ['/services/1/name', 'value', 4, 32],
  ['/services/0/image', 'key', 3, 5],
  ['/services/7/name', 'value', 2, 15],
  ['/services/x', 'value', 2, 15],
  ['/services/0/name/x', 'key', 3, 15],
] as const)('%s (%s)', (pointer, part, line, column) => {
  expect(new JsonSource(text).locate(pointer, part)).toEqual({ line, column });
  const offsets = [
    text.indexOf('{ "name": "cart"'),
    text.indexOf(',\n    { "name": "front"'),
    text.lastIndexOf('{'),
    text.lastIndexOf('\n  ]'),
  ];
  expect(new JsonSource(text, { key: 'services', offsets }).locate(pointer, part)).toEqual({ line, column });
});

test('what stands behind the items is found without them', () => {
  const around = `{"services": [\n{"name": "cart"},\n{"name": "front"}\n],\n "defaults": {"wave": 1}}`;
  const offsets = [
    around.indexOf('{"name": "cart"'),
    around.indexOf(',\n{'),
    around.indexOf('{"name": "front"'),
    around.indexOf('\n]'),
  ];
  const source = new JsonSource(around, { key: 'services', offsets });
  expect(source.locate('/defaults/wave')).toEqual({ line: 5, column: 23 });
  expect(source.locate('/defaults/wave', 'key')).toEqual({ line: 5, column: 15 });
  expect(source.locate('/services/1/name')).toEqual({ line: 3, column: 10 });
});

test('an empty text and an offset', () => {
  expect(new JsonSource('').locate('/a')).toEqual({ line: 1, column: 1 });
  expect(new JsonSource('a\n\nbc').at(4)).toEqual({ line: 3, column: 2 });
});
