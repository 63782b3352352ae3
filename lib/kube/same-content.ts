import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from './object';

/** Whether two objects of one identity say the same: the namespace may be written in one and given to the other. */
export function haveSameContent(one: KubeObject, other: KubeObject): boolean {
  return isDeepStrictEqual(one, other) || isDeepStrictEqual(placeless(one), placeless(other));
}

function placeless({ metadata: { namespace: _, ...metadata }, ...rest }: KubeObject): object {
  return { ...rest, metadata };
}
