import * as fc from 'fast-check';
import { parseAllDocuments, stringify } from 'yaml';
import { runs } from '../../test/runs';
import { rules } from '../preflight/rules.generated';
import { readPlainYaml } from './plain-yaml';

const byYaml = (text: string) => {
  const documents = parseAllDocuments(text, { merge: true, logLevel: 'silent' });
  const all = Array.isArray(documents) ? documents : [];
  return all.some(({ errors }) => errors.length > 0) ? 'no YAML' : all.map((document) => document.toJS());
};

/** The manifests of all cases, as texts. */
const texts = rules.flatMap(({ cases }) =>
  [...cases.bad, ...cases.good].map(({ manifests }) =>
    typeof manifests === 'string' ? manifests : manifests.map((manifest) => stringify(manifest)).join('---\n'),
  ),
);

test('reads the manifests of all cases, and as yaml does', () => {
  const values = texts.map(readPlainYaml);
  expect(values.filter((value) => value === undefined).length).toBeLessThan(texts.length / 20);
  values.forEach((value, index) => {
    if (value) expect(value).toEqual(byYaml(texts[index]!));
  });
});

test.each([
  ['several documents', 'a: 1\n---\n# nothing\n---\nb: [x, {y: z}]\n', [{ a: 1 }, null, { b: ['x', { y: 'z' }] }]],
  ['JSON', '{"a": {"b": [1, "2", null, true]}}', [{ a: { b: [1, '2', null, true] } }]],
  [
    'texts of many lines',
    'a: |-\n  x\n   y\n\nb: >\n  one\n  two\n\nc: "d\n  e"\n',
    [{ a: 'x\n y', b: 'one two\n', c: 'd e' }],
  ],
  [
    'scalars as YAML 1.2 has them',
    '[yes, on, 0x1F, 0o17, 1e3, .5, ~, True, 2001-01-01, 1_000]',
    [['yes', 'on', 31, 15, 1000, 0.5, null, true, '2001-01-01', '1_000']],
  ],
  ['an escaped quote at the end of a line', 'a: "b \\"\n  c"\n', [{ a: 'b " c' }]],
  ['nothing', '', []],
])('reads %s', (_, text, values) => {
  expect(readPlainYaml(text)).toEqual(values);
});

test('a key __proto__ is a key', () => {
  const [value] = readPlainYaml('__proto__: {polluted: true}\n') as [object];
  expect(Object.keys(value)).toEqual(['__proto__']);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test.each([
  ['an alias', 'a: &x 1\nb: *x\n'],
  ['a merge key', '<<: {a: 1}\n'],
  ['a tag', 'a: !!str 1\n'],
  ['a tag that nobody knows', 'a: !secret b\n'],
  ['a key twice', 'a: 1\na: 2\n'],
  ['a key that is a list', '? [a]\n: b\n'],
  ['a template', 'a: {{ .Values.a }}\n'],
  ['a tab', 'a:\n\tb: 1\n'],
  ['the end of a document', 'a: 1\n...\nb: 2\n'],
  ['a directive', '%YAML 1.1\n---\na: 1\n'],
  ['a marker that is indented', ' --- a\n'],
  ['something behind an item in quotes', 'a:\n- "b" c: d\n'],
  ['something behind an item in brackets', 'a:\n- {}b: c\n'],
  ['spaces at the end', 'a: |+\n  b\n '],
  ['line ends of old Macs', 'a: 1\rb: 2\r'],
  ['a deep nesting', '['.repeat(100_000)],
])('leaves %s to the other parser', (_, text) => {
  expect(readPlainYaml(text)).toBeUndefined();
});

/** Pieces that change what a text means. */
const pieces =
  ': |- |"|\'|\n|#| #|[|]|{|}|,|\t|\\|? |!|%|@|~|null|True|0x1F|0o17|1_000|.5|5.|-.inf|012|---\n|...\n|\r\n|  |>-\n|é|\u00a0|😀|-|<<|""|&a |*a|a: |-0'.split(
    '|',
  );

test('what is read of damaged manifests is what yaml reads', () => {
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    cut: fc.nat(3),
    piece: fc.constantFrom('', '|', ...pieces),
  });
  let read = 0;
  fc.assert(
    fc.property(fc.constantFrom(...texts), fc.array(edit, { minLength: 1, maxLength: 3 }), (text, edits) => {
      const damaged = edits.reduce((before, { at, cut, piece }) => {
        const start = Math.floor(at * before.length);
        return before.slice(0, start) + piece + before.slice(start + cut);
      }, text);
      const values = readPlainYaml(damaged);
      if (!values) return;
      read++;
      expect({ damaged, values }).toEqual({ damaged, values: byYaml(damaged) });
    }),
    { numRuns: runs(4000), seed: 5 },
  );
  expect(read).toBeGreaterThan(runs(1000));
});
