import { Suggestions } from './suggestions';

test('the nearest name, and the same answer the second time', () => {
  const suggestions = new Suggestions(['cart', 'web']);
  expect(['crat', 'crat', 'billing'].map((name) => suggestions.nearest(name))).toEqual(['cart', 'cart', undefined]);
});

test('among ten thousand names twenty are looked for, the rest have no suggestion', () => {
  const names = Array.from({ length: 10_000 }, (_, index) => `service-${index}`);
  const suggestions = new Suggestions(names);
  const found = names.slice(0, 40).map((name) => suggestions.nearest(name.replace('service', 'servcie')));
  expect(found.indexOf(undefined)).toBe(20);
  expect(found.slice(20).every((name) => name === undefined)).toBe(true);
});
