import { merge } from './resolve';

test.each([
  ['objects merge by key', { a: 1, b: { c: 1 } }, { b: { d: 2 } }, { a: 1, b: { c: 1, d: 2 } }],
  ['lists are replaced whole', { a: [1, 2] }, { a: [3] }, { a: [3] }],
  ['false replaces an object', { canary: { interval: '1m' } }, { canary: false }, { canary: false }],
  ['absent keeps the base', { a: 1 }, undefined, { a: 1 }],
])('%s', (_, base, over, expected) => {
  expect(merge(base, over)).toEqual(expected);
});
