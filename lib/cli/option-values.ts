import { InvalidArgumentError } from 'commander';
import type { Severity } from '../findings';

/** How severe a finding can be, the worst first. */
export const severities: readonly Severity[] = ['error', 'warning', 'info'];

/** Of an option that takes one of these words. */
export function oneOf<T extends string>(values: readonly T[]): (value: string) => T {
  return (value) => {
    if ((values as readonly string[]).includes(value)) return value as T;
    throw new InvalidArgumentError(`Allowed are ${values.join(', ')}.`);
  };
}

/** A whole number from 1 on. */
export function positiveNumber(value: string): number {
  if (!/^[1-9]\d*$/.test(value)) throw new InvalidArgumentError('It is a whole number from 1.');
  return Number(value);
}

/** A whole number that is not smaller. */
export function numberFrom(least: number): (value: string) => number {
  return (value) => {
    if (/^\d+$/.test(value) && Number(value) >= least) return Number(value);
    throw new InvalidArgumentError(`It is a whole number from ${least}.`);
  };
}

/** @see prometheus/common model.ParseDuration */
export function prometheusDuration(value: string): string {
  if (value !== '' && value !== '0' && /^(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$/.test(value)) return value;
  throw new InvalidArgumentError('It must be a duration of Prometheus, such as 15s or 1m30s.');
}

/** One of Flagger's mesh providers. */
export function meshProvider(value: string): string {
  const { providers } = require('../flagger') as typeof import('../flagger');
  if (providers.includes(value)) return value;
  const { nearest } = require('../findings') as typeof import('../findings');
  const near = nearest(value, providers);
  throw new InvalidArgumentError(
    near === undefined ? `Allowed are ${providers.join(', ')}.` : `Did you mean "${near}"?`,
  );
}
