import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Finding } from '../findings';

/**
 * What somebody's code reads besides its own text, so that what it makes is made again when that changes. Code itself counts
 * anyway, and so does all that a chart is made of: the objects themselves are compared.
 */
export interface Inputs {
  /** Plain data. */
  readonly input?: unknown;
  /** Paths of files; their content counts. */
  readonly files?: readonly string[];
  /** Names of environment variables. */
  readonly env?: readonly string[];
}

/** Digest of what the inputs hold now; a file that cannot be read is a finding. */
export function inputsDigest({ input, files = [], env = [] }: Inputs, owner: string, findings: Finding[]): string {
  const hash = createHash('sha256').update(input === undefined ? '' : JSON.stringify(input));
  for (const file of files) hash.update(`\0file\0${file}\0`).update(contentOf(file, owner, findings));
  for (const name of env) {
    const value = process.env[name];
    hash.update(value === undefined ? `\0unset\0${name}` : `\0env\0${name}\0${value}`);
  }
  return hash.digest('base64url');
}

function contentOf(file: string, owner: string, findings: Finding[]): Buffer | string {
  try {
    return readFileSync(file);
  } catch (error) {
    findings.push({
      code: 'input-not-readable',
      severity: 'error',
      place: { file },
      message: `${owner} names the file "${file}" as its input, and it cannot be read: ${(error as Error).message}`,
      fix: 'Name a file that is there, from the working directory on, or leave it out of "files"',
    });
    return '';
  }
}
