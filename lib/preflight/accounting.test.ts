import { accounts, unknowable } from './accounting';
import { rules } from './rules.generated';

const all = accounts(rules);

test('every code that a rule or a reason names is in the catalogue', () => {
  const known = new Set(all.map(({ code }) => code));
  const named = [...rules.flatMap(({ codes }) => codes), ...Object.keys(unknowable)];
  expect(named.filter((code) => !known.has(code))).toEqual([]);
  expect(known.size).toBe(232);
});

test('a rule counts more than a reason why there could be none', () => {
  for (const { rules: found, unknowable: reason } of all) expect(found.length > 0 && reason !== undefined).toBe(false);
});
