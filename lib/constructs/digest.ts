import { createHash } from 'node:crypto';
import { canonicalJson } from '../kube';

export { canonicalJson };

/** `sha256:` and 64 hexadecimal digits over the canonical JSON. */
export function digest(value: unknown): string {
  return `sha256:${createHash('sha256').update(canonicalJson(value)).digest('hex')}`;
}
