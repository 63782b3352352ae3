import { at, fieldsAt, listAt, numberAt, textAt, textMapAt, textsAt } from './fields';

const object: unknown = JSON.parse('{"a": {"b": [1, "x", {"c": "d"}]}, "labels": {"app": "cart", "n": 1}, "no": null}');

test.each<[(string | number)[], unknown]>([
  [[], object],
  [['a', 'b', 2, 'c'], 'd'],
  [['a', 'b', 7], undefined],
  [['a', 'x', 'y'], undefined],
  [['no', 'x'], undefined],
  [['toString'], undefined],
  [['constructor', 'name'], undefined],
  [['__proto__'], undefined],
  [['a', '__proto__', 'toString'], undefined],
])('at %j', (path, expected) => {
  expect(at(object, ...path)).toEqual(expected);
});

test('a key named __proto__ is a key like any other', () => {
  expect(at(JSON.parse('{"__proto__": {"a": 1}}'), '__proto__', 'a')).toBe(1);
});

test('what has the wrong type counts as absent', () => {
  expect(textAt(object, 'a', 'b', 0)).toBeUndefined();
  expect(numberAt(object, 'a', 'b', 1)).toBeUndefined();
  expect(fieldsAt(object, 'a', 'b')).toEqual({});
  expect(listAt(object, 'labels')).toEqual([]);
  expect(textsAt(object, 'a', 'b')).toEqual(['x']);
  expect(textMapAt(object, 'labels')).toEqual({ app: 'cart' });
});
