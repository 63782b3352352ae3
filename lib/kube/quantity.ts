import type { Parsed } from './parsed';
import { remembered } from './remembered';

/** An amount as Kubernetes reads it: exact, in billionths, rounded up below that; of binary suffixes at most 2^63-1. */
export interface Quantity {
  readonly nano: bigint;
  /** How the suffix was written: it decides how the API server prints the amount. */
  readonly format: 'DecimalSI' | 'BinarySI' | 'DecimalExponent';
}

const NANO = 1_000_000_000n;
const MAX = 9_223_372_036_854_775_807n * NANO;
/** Greater exponents are read as this one: no cluster has that much, and a text of ten characters must not fill the memory. */
const MAX_EXPONENT = 100;

const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY: Readonly<Record<string, bigint>> = { Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n, Pi: 50n, Ei: 60n };
const SHAPE = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[+-]?\d*)$/;
const EXPONENT = /^[eE]([+-]?\d+)$/;

const SUFFIXES = 'n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent such as e3';

/**
 * A resource quantity: `250m`, `0.5`, `64Mi`, `1G`, `1e3`. Suffixes are case-sensitive, blanks are refused.
 * A text without any digit (`m`) is refused too, where the Go code reads some as zero.
 * @see k8s.io/apimachinery v0.34 pkg/api/resource/quantity.go, ParseQuantity; suffix.go
 */
export const parseQuantity: (text: string) => Parsed<Quantity> = remembered(parse);

function parse(text: string): Parsed<Quantity> {
  if (text === '') return { ok: false, error: 'is empty' };
  const match = SHAPE.exec(text);
  if (!match) return { ok: false, error: `is not a number with a suffix of Kubernetes (${SUFFIXES})` };
  const [, sign = '', whole = '', fraction = '', suffix = ''] = match;
  if (whole === '' && fraction === '') return { ok: false, error: 'has no digit' };
  const digits = BigInt(`0${whole}${fraction}`);
  const scale = readSuffix(suffix);
  if (!scale) return { ok: false, error: `has the unknown suffix "${suffix}" (${SUFFIXES} exist)` };
  const magnitude = scaled(digits, scale, fraction.length);
  return { ok: true, value: { nano: sign === '-' ? -magnitude : magnitude, format: scale.format } };
}

interface Scale {
  readonly format: Quantity['format'];
  readonly bits: bigint;
  readonly exponent: number;
}

function readSuffix(suffix: string): Scale | undefined {
  const exponent = DECIMAL[suffix];
  if (exponent !== undefined && Object.hasOwn(DECIMAL, suffix)) return { format: 'DecimalSI', bits: 0n, exponent };
  const bits = BINARY[suffix];
  if (bits !== undefined && Object.hasOwn(BINARY, suffix)) return { format: 'BinarySI', bits, exponent: 0 };
  const power = EXPONENT.exec(suffix)?.[1];
  return power === undefined ? undefined : { format: 'DecimalExponent', bits: 0n, exponent: Number(power) };
}

function scaled(digits: bigint, { bits, exponent }: Scale, decimals: number): bigint {
  if (digits === 0n) return 0n;
  const power = Math.min(Math.max(exponent, -MAX_EXPONENT), MAX_EXPONENT) + 9;
  const numerator = (digits << bits) * 10n ** BigInt(Math.max(power, 0));
  const denominator = 10n ** BigInt(decimals + Math.max(-power, 0));
  const value = (numerator + denominator - 1n) / denominator;
  return bits > 0n && value > MAX ? MAX : value;
}

/** Negative when `a` is less than `b`, 0 when they are the same amount (`1` and `1000m`), positive when it is more. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  return a.nano < b.nano ? -1 : a.nano > b.nano ? 1 : 0;
}

/** The amount as a number: cores, bytes. Exact up to 2^53. */
export function quantityToNumber({ nano }: Quantity): number {
  return Number(nano / NANO) + Number(nano % NANO) / 1e9;
}
