import { depths } from './call-graph';

type Calls = Readonly<Record<string, readonly string[]>>;

test.each<[string, Calls, Record<string, number>]>([
  ['a chain', { a: ['b'], b: ['c'], c: [] }, { a: 2, b: 1, c: 0 }],
  ['a diamond', { a: ['b', 'c'], b: ['d'], c: [], d: [] }, { a: 2, b: 1, c: 0, d: 0 }],
  ['a circle shares a depth', { a: ['b'], b: ['a', 'c'], c: [] }, { a: 1, b: 1, c: 0 }],
  ['a callee that is not in the cluster counts nothing', { a: ['gone'] }, { a: 0 }],
  ['a service that refers to itself', { a: ['a', 'b'], b: [] }, { a: 1, b: 0 }],
])('%s', (_, calls, expected) => {
  expect(Object.fromEntries(depths(new Map(Object.entries(calls))))).toEqual(expected);
});

test('a chain of twenty thousand services is no recursion', () => {
  const chain = Array.from({ length: 20_000 }, (_, index): [string, string[]] => [
    `s${index}`,
    index < 19_999 ? [`s${index + 1}`] : [],
  ]);
  expect(depths(new Map(chain)).get('s0')).toBe(19_999);
});
