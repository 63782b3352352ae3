import * as fc from 'fast-check';
import { parse, parseAllDocuments } from 'yaml';
import { indentFlowLines } from './flow-lines';

test.each([
  ['a:\n  b: "one\n  two"\n  c: 1\n', { a: { b: 'one two', c: 1 } }],
  ['a:\n  b: "one\ntwo \\\n\n three"\n', { a: { b: 'one two  three' } }],
  ["a:\n  - 'it''s\n here'\n  - b\n", { a: ["it's here", 'b'] }],
  ['a:\n  b: "one\n"\n', { a: { b: 'one ' } }],
  ['a:\r\n  b: "one\r\n\r\ntwo"\r\n', { a: { b: 'one\ntwo' } }],
  ['a: {b: "one\ntwo", c: "three\nfour"}\nd: 1\n', { a: { b: 'one two', c: 'three four' }, d: 1 }],
  ['\uFEFF"a": "one\n\ttwo"\n', { a: 'one two' }],
  ['a: |\n  "one\nb: "x\ny"\n', { a: '"one\n', b: 'x y' }],
  ['a: x "y\nb: "one\ntwo"\n', { a: 'x "y', b: 'one two' }],
  ['a:\n  b: [\n  x,\n  "z"\n  ]\n  c: 1\n', { a: { b: ['x', 'z'], c: 1 } }],
  [
    'a:\n- b: {\n  x: 1, # one\n\n# two\nz: {v: "one\ntwo",\nw: [3]}\n}\n  c: 1\n',
    { a: [{ b: { x: 1, z: { v: 'one two', w: [3] } }, c: 1 }] },
  ],
  ['a: [one\ntwo]\n---\na: [\nthree]\n', [{ a: ['one two'] }, { a: ['three'] }]],
])('%j', (text, value) => {
  const repaired = indentFlowLines(text)!;
  const values = parseAllDocuments(repaired).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as unknown;
  });
  expect(values).toEqual(Array.isArray(value) ? value : [value]);
  expect(repaired.split('\n')).toHaveLength(text.split('\n').length);
});

test.each([
  ['a quote without an end', 'a: "one\nb: 1\n'],
  ['a border of documents inside', 'a: "one\n--- two"\n'],
  ['a border of documents in brackets', 'a: [one,\n---\ntwo]\n'],
  ['an end of the document inside', 'a: "one\n... two"\n'],
])('leaves %s', (_, text) => {
  expect(indentFlowLines(text)).toBeUndefined();
});

test('gives up when there are too many', () => {
  const many = 'a:\n  - "x\ny"\n'.padEnd(2_000_000, '  - "x\ny"\n');
  expect(indentFlowLines(many)).toBeUndefined();
});

test('the indentation of a line inside of quotes is no part of the value', () => {
  const line = fc.stringMatching(/^[ab'"\\#:,{}[\]-]{0,8}$/).filter((text) => !text.startsWith('---'));
  const indentation = fc.constantFrom('', ' ', '  ', '      ', '\t');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(indentation, line), { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      (lines, isSingle) => {
        const escaped = ([, text]: [string, string]) =>
          isSingle ? text.replaceAll("'", "''") : text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
        const quote = isSingle ? "'" : '"';
        const written = (indent: (given: string) => string) =>
          `a:\n  b: ${quote}x${lines.map((one) => `\n${indent(one[0])}${escaped(one)}`).join('')}${quote}\n  c: 1\n`;
        const sound = parse(written(() => '      '));
        expect(parse(indentFlowLines(written((given) => given))!)).toEqual(sound);
      },
    ),
  );
});
