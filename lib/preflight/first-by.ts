/** The first of the items that has a key, key by key. */
export function firstBy<T>(items: Iterable<T>, keysOf: (item: T) => Iterable<string>): ReadonlyMap<string, T> {
  const firsts = new Map<string, T>();
  for (const item of items) for (const key of keysOf(item)) if (!firsts.has(key)) firsts.set(key, item);
  return firsts;
}
