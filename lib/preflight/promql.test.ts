import { parsedShapes, parsePromql } from './promql';

test.each([
  ['sum(rate(x[1m]))', 'vector'],
  ['x', 'vector'],
  ['x[5m]', 'matrix'],
  ['(x[5m])', 'matrix'],
  ['x[5m:1m]', 'matrix'],
  ['x[5m] offset 1h', 'matrix'],
  ['-1', 'scalar'],
  ['1 + 2', 'scalar'],
  ['1 + x', 'vector'],
  ['scalar(x)', 'scalar'],
  ['vector(1)', 'vector'],
  ['"text"', 'string'],
])('%s is a %s', (text, type) => {
  expect(parsePromql(text).type).toBe(type);
});

test.each<[string, string[] | undefined]>([
  ['sum(x)', []],
  ['sum(x) / sum(y) * 100', []],
  ['sum by (pod) (x) / sum by (pod) (y)', ['pod']],
  ['sum by (pod, code) (x) > 1', ['pod', 'code']],
  ['sum by () (x)', []],
  ['sum by ("pod") (x)', undefined],
  ['sum without (pod) (x)', undefined],
  ['x / on(pod) group_left sum(y)', undefined],
  ['sum(x) or vector(0)', []],
  ['sum(x) or y', undefined],
  ['sum(x) and y', []],
  ['topk(1, x)', undefined],
  ['rate(x[1m])', undefined],
  ['max_over_time(sum(x)[5m:1m])', []],
  ['-(sum(x) offset 5m)', []],
  ['histogram_quantile(0.9, sum by (le, path) (x))', ['path']],
  ['absent(x)', []],
  ['label_replace(sum(x), "a", "b", "", "")', []],
  ['sum(', undefined],
])('%s gives series that differ in %j', (text, labels) => {
  expect(parsePromql(text).differingLabels).toEqual(labels);
});

test.each([
  ['sum(', 4],
  ['rate(x[])', 7],
  ['', 0],
])('%j has a mistake at %d', (text, offset) => {
  expect([parsePromql(text).errorOffset, parsePromql(text).type]).toEqual([offset, undefined]);
});

test('selectors, with what is around them', () => {
  expect(parsePromql('sum(rate(x{a="b",c=~"d|e"}[1m])) / sum(y)').selectors).toEqual([
    {
      metric: 'x',
      matchers: [
        { label: 'a', op: '=', value: 'b' },
        { label: 'c', op: '=~', value: 'd|e' },
      ],
      range: '1m',
      wrappedIn: 'rate',
    },
    { metric: 'y', matchers: [], wrappedIn: 'sum' },
  ]);
});

test('what one process has parsed, another one need not parse', () => {
  const text = 'sum(rate(seldom{app="cart"}[1m])) by (pod)';
  const parsed = parsePromql(text);
  const kept = parsedShapes().filter(({ selectors }) => selectors.some(({ metric }) => metric === 'seldom'));
  expect(kept).toHaveLength(1);
  jest.isolateModules(() => {
    const other = require('./promql') as typeof import('./promql');
    jest.doMock('@prometheus-io/lezer-promql', () => {
      throw new Error('the grammar was loaded');
    });
    expect(() => other.parsePromql('another')).toThrow('the grammar was loaded');
    other.recallShapes(JSON.parse(JSON.stringify(kept)) as typeof kept);
    expect(other.parsePromql(text)).toEqual(parsed);
    expect(other.parsePromql(text.replace('cart', 'web')).selectors[0]?.matchers).toEqual([
      { label: 'app', op: '=', value: 'web' },
    ]);
  });
  jest.dontMock('@prometheus-io/lezer-promql');
});

test('an unsound expression is not kept: each has its own offset', () => {
  parsePromql('sum(never_closed');
  expect(parsedShapes().some(({ text }) => text.includes('never_closed'))).toBe(false);
});
