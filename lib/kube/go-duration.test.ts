import { formatGoDuration, parseGoDuration } from './go-duration';

test.each([
  ['0', 0],
  ['+0', 0],
  ['5s', 5000],
  ['1h30m', 5_400_000],
  ['1.5h', 5_400_000],
  ['.5s', 500],
  ['1.s', 1000],
  ['-1.5m', -90_000],
  ['+2m', 120_000],
  ['100ms', 100],
  ['12us', 0.012],
  ['12µs', 0.012],
  ['12μs', 0.012],
  ['1ns', 0.000001],
  ['2m2m', 240_000],
  ['10m0s', 600_000],
  ['9223372036854775807ns', 9223372036854.775],
])('%s is %d ms', (text, milliseconds) => {
  expect(parseGoDuration(text)).toEqual({ ok: true, value: milliseconds });
});

test.each([
  ['', 'is empty'],
  ['-', 'is empty'],
  ['3', 'has a number without a unit (write 30s, 1m or 1h)'],
  ['1m30', 'has a number without a unit (write 30s, 1m or 1h)'],
  ['s', 'has a unit without a number'],
  ['.s', 'has a unit without a number'],
  ['.', 'has a unit without a number'],
  ['1..5s', 'has two points'],
  ['1d', 'has the unknown unit "d" (h, m, s, ms, us and ns exist)'],
  ['1mm', 'has the unknown unit "mm" (h, m, s, ms, us and ns exist)'],
  ['10min', 'has the unknown unit "min" (h, m, s, ms, us and ns exist)'],
  ['1S', 'has the unknown unit "S" (h, m, s, ms, us and ns exist)'],
  ['1m 30s', 'has the unknown unit "m " (h, m, s, ms, us and ns exist)'],
  ['5s ', 'has the unknown unit "s " (h, m, s, ms, us and ns exist)'],
  [' 5s', 'has a unit without a number'],
  ['1constructor', 'has the unknown unit "constructor" (h, m, s, ms, us and ns exist)'],
  ['--1s', 'has a unit without a number'],
  ['9223372036854775808ns', 'is longer than 292 years'],
  ['3000000h', 'is longer than 292 years'],
])('%j is refused', (text, error) => {
  expect(parseGoDuration(text)).toEqual({ ok: false, error });
});

test.each([
  [0, '0s'],
  [250, '250ms'],
  [1500, '1.5s'],
  [60_000, '1m0s'],
  [5_400_000, '1h30m0s'],
  [-45_000, '-45s'],
])('%d ms is written as %s', (milliseconds, text) => {
  expect(formatGoDuration(milliseconds)).toBe(text);
  expect(parseGoDuration(text)).toEqual({ ok: true, value: milliseconds });
});
