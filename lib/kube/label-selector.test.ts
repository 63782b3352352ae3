import { labelSelectorOf, matchesLabels } from './label-selector';

const labels = { app: 'cart', tier: 'back' };

test.each([
  ['an absent selector', undefined, false],
  ['a null selector', null, false],
  ['an empty selector', {}, true],
  ['a label', { matchLabels: { app: 'cart' } }, true],
  ['another value', { matchLabels: { app: 'cart-primary' } }, false],
  ['a missing label', { matchLabels: { app: 'cart', x: 'y' } }, false],
  ['an inherited key', { matchLabels: { constructor: 'x' } }, false],
  ['In', { matchExpressions: [{ key: 'app', operator: 'In', values: ['a', 'cart'] }] }, true],
  ['In, absent key', { matchExpressions: [{ key: 'x', operator: 'In', values: [''] }] }, false],
  ['NotIn', { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['cart'] }] }, false],
  ['NotIn, absent key', { matchExpressions: [{ key: 'x', operator: 'NotIn', values: ['a'] }] }, true],
  ['Exists', { matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, true],
  ['DoesNotExist', { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }, false],
  ['both must hold', { matchLabels: { app: 'cart' }, matchExpressions: [{ key: 'x', operator: 'Exists' }] }, false],
  ['an unknown operator', { matchExpressions: [{ key: 'app', operator: 'Gt', values: ['1'] }] }, false],
])('%s', (_, selector, expected) => expect(matchesLabels(selector, labels)).toBe(expected));

test('no labels', () => {
  expect(matchesLabels({}, undefined)).toBe(true);
  expect(matchesLabels({ matchLabels: { app: 'cart' } }, undefined)).toBe(false);
});

test.each([
  ['nothing', undefined, { matchLabels: {} }],
  ['labels', { matchLabels: { app: 'cart' } }, { matchLabels: { app: 'cart' } }],
  ['a text in place of the expressions', { matchExpressions: 'oops' }, { matchLabels: {}, matchExpressions: [] }],
  [
    'expressions that are none',
    { matchExpressions: [null, 7, { key: 'app', operator: 'In', values: 5 }] },
    { matchLabels: {}, matchExpressions: [{ key: 'app', operator: 'In', values: [] }] },
  ],
])('the selector in %s', (_, selector, expected) => expect(labelSelectorOf(selector)).toEqual(expected));

test('a number in place of a label equals no label', () => {
  const selector = labelSelectorOf({ matchLabels: { app: 'cart', version: 2 } });
  expect(matchesLabels(selector, { app: 'cart', version: '2' })).toBe(false);
});
