import { Yaml } from 'cdk8s';
import * as fc from 'fast-check';
import { loadAll } from 'js-yaml';
import { parseAllDocuments } from 'yaml';
import { runs } from '../../test/runs';
import { UnrepresentableValue, YamlEmitter } from './emit-yaml';
import { writableDocument } from './emit-yaml.arbitrary';

const write = (value: unknown) => new YamlEmitter().document(value);
const byYaml = (version: '1.1' | '1.2') => (text: string) =>
  (parseAllDocuments(text, { version }) as { errors: unknown[]; toJS(): unknown }[]).map((one) => {
    expect(one.errors).toEqual([]);
    return one.toJS();
  });

/** Go's readers are asked by `npm run fuzz:emitter`, a million documents, and by e2e. */
test.each<[string, (text: string) => unknown]>([
  ['yaml, as YAML 1.1', byYaml('1.1')],
  ['yaml, as YAML 1.2', byYaml('1.2')],
  ['js-yaml, as YAML 1.2', (text) => loadAll(text)],
])('%s reads what JSON has', (_, read) => {
  fc.assert(
    fc.property(writableDocument, (value) => {
      expect(JSON.stringify(read(write(value)))).toBe(JSON.stringify([value]));
    }),
    { numRuns: runs(4000), seed: 20_261_130 },
  );
});

test.each<[string, string]>([
  // As a number, a truth or a time by one reader or the other.
  ['0o14', '"0o14"'],
  ['0O14', '"0O14"'],
  ['0X1F', '"0X1F"'],
  ['0b1', '"0b1"'],
  ['-0B1', '"-0B1"'],
  ['1E-3_', '"1E-3_"'],
  ['+_1', '"+_1"'],
  ['1_000', '"1_000"'],
  ['1e3', '"1e3"'],
  ['0777', '"0777"'],
  ['12:30', '"12:30"'],
  ['2001-1-1T1:2:3', '"2001-1-1T1:2:3"'],
  ['y', '"y"'],
  ['off', '"off"'],
  ['=', '"="'],
  ['<<', '"<<"'],
  // As a line break, or refused.
  ['a\u2028b', '"a\\Lb"'],
  ['a\u2029b', '"a\\Pb"'],
  ['\ufeffa', '"\\ufeffa"'],
  ['a\u001b[0m', '"a\\e[0m"'],
  ['a\r\nb\r\n', '"a\\r\\nb\\r\\n"'],
  ['\ta\nb', '"\\ta\\nb"'],
  ['a\n ', '"a\\n "'],
  ['\n \n', '"\\n \\n"'],
  // As it stands.
  ['10m', '10m'],
  ['1.2.3', '1.2.3'],
  ['0xg', '0xg'],
  ['a:b', 'a:b'],
  ['a\nb', '|-\n  a\n  b'],
  [' a\nb\n', '|2\n   a\n  b'],
])('%j is written %s', (text, written) => {
  expect(write({ k: text })).toBe(`k: ${written}\n`);
});

test.each<[string, unknown, string]>([
  [
    'an exponent, with the point that YAML 1.1 wants',
    { k: [1e21, 1.5e300, 5e-324] },
    'k:\n  - 1.0e+21\n  - 1.5e+300\n  - 5.0e-324\n',
  ],
  ['zero, also a negative one', [0, -0], '- 0\n- 0\n'],
  ['an object met twice, twice', ((a) => ({ x: a, z: a }))({ b: [1] }), 'x:\n  b:\n    - 1\nz:\n  b:\n    - 1\n'],
  ['a member without a value, not at all', { a: undefined, b: 1, c: () => 1 }, 'b: 1\n'],
  ['an item without a value', [undefined], '- null\n'],
  ['what toJSON says', { at: new Date(0), x: { toJSON: () => [1] } }, 'at: "1970-01-01T00:00:00.000Z"\nx:\n  - 1\n'],
  ['a scalar alone', 'a\nb', '"a\\nb"\n'],
  ['a key that would end the document', { '---': 1, '...': 2 }, '"---": 1\n"...": 2\n'],
])('writes %s', (_, value, written) => {
  expect(write(value)).toBe(written);
});

const cycle: Record<string, unknown> = { a: {} };
cycle.b = [cycle];
const deep = Array.from({ length: 1001 }).reduce<unknown>((inner) => ({ a: inner }), 1);
test.each<[unknown, string]>([
  [{ spec: [Number.NaN] }, '/spec/0 is NaN, which JSON does not have'],
  [{ a: Number.NEGATIVE_INFINITY }, '/a is -Infinity, which JSON does not have'],
  [{ 'a/b': { c: 10n } }, '/a~1b/c is a bigint, which JSON does not have'],
  [{ a: new Map([['x', 1]]) }, '/a is a Map, which JSON does not have'],
  [cycle, '/b/0 is a part of itself'],
  [[{ a: 'x\ud800' }], '/0/a is a text with half of a character (a lone surrogate), which Unicode does not have'],
  [{ a: 'x\u0085' }, '/a is a text with the character U+0085, which kustomize makes a blank'],
  [{ a: 'x\u007f' }, '/a is a text with the character U+007F, which kustomize refuses'],
  [
    { a: 'x\u2028\ny' },
    '/a is a text of several lines with U+2028 or U+2029, at which kustomize breaks the lines anew',
  ],
  [{ '<<': 1 }, '/<< is below a key "<<", which kustomize leaves out with all below it'],
  [{ ['k'.repeat(1000)]: 1 }, `/${'k'.repeat(1000)} is below a key of 1000 characters, which kustomize refuses`],
])('refuses %p', (value, message) => {
  expect(() => write(value)).toThrow(UnrepresentableValue);
  expect(() => write(value)).toThrow(message);
});

test('refuses what is nested too deep', () => {
  expect(() => write(deep)).toThrow('is nested more than 1000 levels deep');
});

test('separates documents', () => {
  const documents = [{ a: 1 }, { b: [] }, {}, [], ['x']];
  expect(new YamlEmitter().file(documents)).toBe(Yaml.stringify(...documents));
  expect(new YamlEmitter().file([])).toBe('');
});

test('writes a manifest as cdk8s does', () => {
  const manifest = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'x', annotations: { note: 'two\nlines\n' } },
    data: { 'a.sh': '#!/bin/sh\nset -e\n\nexec "$@"\n', yes: 'no', port: '8080' },
  };
  expect(write(manifest)).toBe(Yaml.stringify(manifest));
});
