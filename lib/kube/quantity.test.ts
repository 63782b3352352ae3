import { compareQuantities, parseQuantity, type Quantity, quantityToNumber } from './quantity';

function quantity(text: string): Quantity {
  const parsed = parseQuantity(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

test.each([
  ['0', 0],
  ['100m', 0.1],
  ['0.5', 0.5],
  ['.5', 0.5],
  ['1.', 1],
  ['1.G', 1e9],
  ['+1', 1],
  ['-1', -1],
  ['1k', 1000],
  ['1M', 1e6],
  ['1Ki', 1024],
  ['1.5Gi', 1.5 * 2 ** 30],
  ['64Mi', 2 ** 26],
  ['1Ei', 2 ** 60],
  ['1e3', 1000],
  ['1E3', 1000],
  ['1E', 1e18],
  ['1e-3', 0.001],
  ['12e+2', 1200],
  ['5n', 5e-9],
  ['3u', 3e-6],
  ['0.0000000001', 1e-9],
  ['10E', 1e19],
  ['9Ei', 2 ** 63],
  ['1e-99999999', 1e-9],
])('%s is %d', (text, value) => {
  expect(quantityToNumber(quantity(text))).toBe(value);
});

const suffixes = 'n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent such as e3';
const noNumber = `is not a number with a suffix of Kubernetes (${suffixes})`;

test.each([
  ['', 'is empty'],
  [' 1', noNumber],
  ['1 ', noNumber],
  ['1 Gi', noNumber],
  ['abc', noNumber],
  ['1,5', noNumber],
  ['1.5.5', noNumber],
  ['100MB', noNumber],
  ['64Mb', noNumber],
  ['1ki', `has the unknown suffix "ki" (${suffixes} exist)`],
  ['1K', `has the unknown suffix "K" (${suffixes} exist)`],
  ['1mi', `has the unknown suffix "mi" (${suffixes} exist)`],
  ['1GI', noNumber],
  ['1e', `has the unknown suffix "e" (${suffixes} exist)`],
  ['1e3M', noNumber],
  ['m', 'has no digit'],
  ['+', 'has no digit'],
  ['.', 'has no digit'],
])('%j is refused', (text, error) => {
  expect(parseQuantity(text)).toEqual({ ok: false, error });
});

test('an exponent of eight digits costs nothing', () => {
  expect(compareQuantities(quantity('1e99999999'), quantity('1e50'))).toBe(1);
});

test.each([
  ['1', '1000m', 0],
  ['1Gi', '1G', 1],
  ['128Mi', '64Mi', 1],
  ['100m', '0.2', -1],
  ['9007199254740993', '9007199254740992', 1],
])('%s compared with %s', (a, b, order) => {
  expect(compareQuantities(quantity(a), quantity(b))).toBe(order);
});
