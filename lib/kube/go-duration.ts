import type { Parsed } from './parsed';
import { remembered } from './remembered';

const NANOSECONDS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n, // U+00B5
  μs: 1_000n, // U+03BC
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const MAX_INT64 = 9_223_372_036_854_775_807n;
const PART = /(\d*)(\.(\d*))?([^\d.]*)/y;

const fail = (error: string): { readonly ok: false; readonly error: string } => ({ ok: false, error });

/**
 * A duration as Go reads it, in milliseconds (fractions down to a nanosecond): `90s`, `1h30m`, `1.5h`, `-2m`, `0`.
 * There is no unit `d`, no blank, and only zero may stand without a unit.
 * @see Go 1.26 src/time/format.go, ParseDuration
 */
export const parseGoDuration: (text: string) => Parsed<number> = remembered(parse);

function parse(text: string): Parsed<number> {
  let rest = text;
  const negative = rest.startsWith('-');
  if (negative || rest.startsWith('+')) rest = rest.slice(1);
  if (rest === '0') return { ok: true, value: 0 };
  if (rest === '') return fail('is empty');
  let total = 0n;
  PART.lastIndex = 0;
  while (PART.lastIndex < rest.length) {
    const match = PART.exec(rest);
    const [, whole = '', point, fraction = '', unit = ''] = match ?? [];
    if (whole === '' && fraction === '') return fail('has a unit without a number');
    if (unit === '') return fail(point !== undefined && rest[PART.lastIndex] === '.' ? 'has two points' : MISSING_UNIT);
    const size = Object.hasOwn(NANOSECONDS, unit) ? NANOSECONDS[unit] : undefined;
    if (size === undefined) return fail(`has the unknown unit "${unit}" (h, m, s, ms, us and ns exist)`);
    total += BigInt(whole || 0) * size + fractionOf(size, fraction);
    if (total > MAX_INT64 + (negative ? 1n : 0n)) return fail('is longer than 292 years');
  }
  return { ok: true, value: Number(negative ? -total : total) / 1e6 };
}

/** In floating point, with the digits beyond an int64 dropped: Go's own rounding. */
function fractionOf(size: bigint, digits: string): bigint {
  let value = 0n;
  let scale = 1;
  for (const digit of digits) {
    if (value > (MAX_INT64 - BigInt(digit)) / 10n) break;
    value = value * 10n + BigInt(digit);
    scale *= 10;
  }
  return BigInt(Math.trunc(Number(value) * (Number(size) / scale)));
}

const MISSING_UNIT = 'has a number without a unit (write 30s, 1m or 1h)';

/** Writes milliseconds as Go does: `1h30m0s`, `1m0s`, `45s`, `250ms`, `0s`. */
export function formatGoDuration(milliseconds: number): string {
  if (milliseconds < 0) return `-${formatGoDuration(-milliseconds)}`;
  if (milliseconds === 0) return '0s';
  if (milliseconds < 1000) return `${milliseconds}ms`;
  const totalSeconds = Math.floor(milliseconds / 1000);
  const hours = Math.floor(totalSeconds / 3600);
  const minutes = Math.floor(totalSeconds / 60) % 60;
  const seconds = (milliseconds - (hours * 60 + minutes) * 60_000) / 1000;
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
