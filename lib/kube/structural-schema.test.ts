import { type StructuralSchema, schemaFaults } from './structural-schema';

const match: StructuralSchema = {
  type: 'object',
  oneOf: [{ required: ['exact'] }, { required: ['prefix'] }],
  properties: { exact: { type: 'string' }, prefix: { type: 'string' } },
};
const schema: StructuralSchema = {
  type: 'object',
  required: ['port'],
  oneOf: [{ required: ['interval', 'steps'] }, { required: ['interval', 'rounds'] }],
  properties: {
    port: { type: 'integer', minimum: 1, maximum: 65535 },
    interval: { type: 'string', pattern: '^[0-9]+(m|s)' },
    steps: { type: 'array', items: { type: 'number' } },
    rounds: { type: 'number' },
    kind: { type: 'string', enum: ['', 'a', 'b'] },
    target: { 'x-kubernetes-int-or-string': true },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    match,
  },
};

test.each<[string, unknown, [kind: string, pointer: string, allowed: string][]]>([
  ['nothing wrong', { port: 80, interval: '1m', steps: [1, 2.5], target: 'http', labels: { 'a/b': 'c' } }, []],
  ['no object', 'text', [['wrong-type', '', 'an object']]],
  ['null', { port: null, interval: '1m', rounds: 1 }, [['wrong-type', '/port', 'a whole number']]],
  ['missing', { interval: '1m', rounds: 1 }, [['missing', '/port', 'a whole number']]],
  [
    'types and bounds',
    { port: 70000, interval: '1 h', steps: ['1'], kind: 'c', target: 1.5, labels: { 'a/b': 1 } },
    [
      ['not-allowed', '/port', 'a number up to 65535'],
      ['not-allowed', '/interval', 'a duration that begins with whole minutes or seconds, such as "30s" or "2m"'],
      ['wrong-type', '/steps/0', 'a number'],
      ['not-allowed', '/kind', 'one of "a", "b"'],
      ['wrong-type', '/target', 'a whole number or a text'],
      ['wrong-type', '/labels/a~1b', 'a text'],
    ],
  ],
  [
    'two alternatives, and none',
    { port: 1, interval: '1m', steps: [], rounds: 1, match: {} },
    [
      ['not-allowed', '/match', 'exactly one of exact, prefix'],
      ['not-allowed', '', 'exactly one of steps, rounds (beside interval)'],
    ],
  ],
  [
    'unknown',
    { port: 1, interval: '1m', rounds: 1, prot: 2 },
    [['unknown-field', '/prot', 'one of port, interval, steps, rounds, kind, target, labels, match']],
  ],
])('%s', (_, value, expected) => {
  expect(schemaFaults(value, schema).map(({ kind, pointer, allowed }) => [kind, pointer, allowed])).toEqual(expected);
});
