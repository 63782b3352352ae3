import { Yaml } from 'cdk8s';
import * as fc from 'fast-check';
import { runs } from '../../test/runs';
import { UnrepresentableValue, YamlEmitter } from './emit-yaml';
import { document } from './emit-yaml.arbitrary';

test.each([runs(20_000)])('writes the bytes of cdk8s, %i documents', (numRuns) => {
  const emitter = new YamlEmitter();
  fc.assert(
    fc.property(document, (value) => emitter.document(value) === Yaml.stringify(value)),
    { numRuns, seed: 20_261_124 },
  );
  // Shared references and bare scalars are frequent here and go to the library; the rest must not.
  expect(emitter.fallbacks).toBeLessThan(numRuns / 2);
});

test('separates documents', () => {
  const documents = [{ a: 1 }, { b: [] }, {}, [], ['x']];
  expect(new YamlEmitter().file(documents)).toBe(Yaml.stringify(...documents));
  expect(new YamlEmitter().file([])).toBe('');
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('refuses %p', (value) => {
  expect(() => new YamlEmitter().document({ spec: [value] })).toThrow(UnrepresentableValue);
});

test.each<[string, () => unknown]>([
  [
    'an object met twice',
    () => {
      const shared = { a: 1 };
      return { x: shared, y: shared };
    },
  ],
  [
    'an empty list met twice',
    () => {
      const shared: unknown[] = [];
      return { x: shared, y: shared };
    },
  ],
  [
    'a cycle',
    () => {
      const cycle: Record<string, unknown> = {};
      cycle.self = cycle;
      return cycle;
    },
  ],
  ['a date', () => ({ at: new Date(0) })],
  ['a Map', () => ({ map: new Map([['a', 1]]) })],
  ['an object with toJSON', () => ({ x: { toJSON: () => ({ y: 1 }) } })],
  ['a bigint', () => ({ big: 10n })],
  ['a scalar alone', () => 'text'],
  ['a key of 1025 characters', () => ({ ['k'.repeat(1025)]: 1 })],
])('asks cdk8s about %s', (_, make) => {
  const emitter = new YamlEmitter();
  const value = make();
  expect(emitter.document(value)).toBe(Yaml.stringify(value));
  expect(emitter.fallbacks).toBe(1);
});

test('writes a manifest without asking', () => {
  const emitter = new YamlEmitter();
  const manifest = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'x', annotations: { note: 'two\nlines\n' } },
    data: { 'a.sh': '#!/bin/sh\nset -e\n\nexec "$@"\n', yes: 'no', port: '8080' },
  };
  expect(emitter.document(manifest)).toBe(Yaml.stringify(manifest));
  expect(emitter.fallbacks).toBe(0);
});
