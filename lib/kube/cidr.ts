import type { Parsed } from './parsed';

/** A range of IPv4 addresses. */
export interface Cidr {
  readonly text: string;
  readonly prefix: number;
  /** First and last address, as numbers. */
  readonly first: number;
  readonly last: number;
}

const fail = (error: string): { readonly ok: false; readonly error: string } => ({ ok: false, error });

/** `10.4.0.0/14`. Host bits must be zero, as Google's API wants it. */
export function parseCidr(text: string): Parsed<Cidr> {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (!match) return fail('is no range such as "10.4.0.0/14"');
  const [a = 0, b = 0, c = 0, d = 0, prefix = 0] = match.slice(1).map(Number);
  if ([a, b, c, d].some((part) => part > 255) || prefix > 32) return fail('is no range such as "10.4.0.0/14"');
  const size = 2 ** (32 - prefix);
  const first = ((a * 256 + b) * 256 + c) * 256 + d;
  const start = first - (first % size);
  if (first !== start) return fail(`has bits behind the prefix; "${addressText(start)}/${prefix}" begins there`);
  return { ok: true, value: { text, prefix, first, last: first + size - 1 } };
}

export function cidrsOverlap(a: Cidr, b: Cidr): boolean {
  return a.first <= b.last && b.first <= a.last;
}

function addressText(address: number): string {
  return [2 ** 24, 2 ** 16, 2 ** 8, 1].map((unit) => Math.floor(address / unit) % 256).join('.');
}
