import { envReferences, expansionOrder } from './env-expansion';

test.each<[string, string[]]>([
  ['', []],
  ['plain $HOME ${HOME}', []],
  ['$(A)', ['A']],
  ['a=$(A),b=$(B),a=$(A)', ['A', 'B']],
  ['$$(A) is text, $$$(B) is not', ['B']],
  ['$(A', []],
  ['$(A $(B)', ['A $(B']],
  ['ends with $', []],
  ['$(lower.case-2)', ['lower.case-2']],
])('%j refers to %j', (text, names) => {
  expect(envReferences(text)).toEqual(names);
});

test.each<[string, Record<string, string | undefined>, string[], string[][]]>([
  ['by name', { B: 'x', A: 'y' }, ['A', 'B'], []],
  ['what is referred to comes first', { ATTRS: 'service.name=$(NAME)', NAME: 'a', B: '' }, ['NAME', 'ATTRS', 'B'], []],
  ['through another', { A: '$(B)', B: '$(C)', C: 'x' }, ['C', 'B', 'A'], []],
  ['from elsewhere', { A: '$(B)', B: undefined }, ['B', 'A'], []],
  ['of a name that is not there', { A: '$(X)', B: '$(A)' }, ['A', 'B'], []],
  ['itself', { A: '$(A):/x' }, ['A'], [['A']]],
  ['a circle', { C: '$(B)', B: '$(C)', A: '$(C)' }, ['B', 'C', 'A'], [['B', 'C']]],
  ['names of Object.prototype', { constructor: '$(toString)', A: '' }, ['A', 'constructor'], []],
])('the order: %s', (_name, values, order, cycles) => {
  expect(expansionOrder(Object.keys(values), (name) => values[name])).toEqual({ order, cycles });
});
