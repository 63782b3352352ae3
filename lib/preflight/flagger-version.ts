import type { World } from '../world';

/** Whether the manifests install a Flagger that is older than the version; a version that nobody names is not. */
export function isFlaggerOlder({ flagger: { version } }: World, than: string): boolean {
  if (version === undefined) return false;
  const [own, other] = [version, than].map((text) => text.split('.').map(Number));
  for (const [index, part] of (other ?? []).entries()) {
    const difference = (own?.[index] ?? 0) - part;
    if (difference !== 0) return difference < 0;
  }
  return false;
}
