/** Things by namespace and name. Of two maps, so that a question makes no text of both: rules ask a million times. */
export class ByName<T> {
  private readonly byNamespace = new Map<string, Map<string, T>>();

  get(namespace: string, name: string): T | undefined {
    return this.byNamespace.get(namespace)?.get(name);
  }

  set(namespace: string, name: string, item: T): void {
    computedOnce(this.byNamespace, namespace, () => new Map()).set(name, item);
  }

  *values(): Generator<T> {
    for (const names of this.byNamespace.values()) yield* names.values();
  }
}

/** Lists of things by namespace and name. */
export class ListsByName<T> extends ByName<T[]> {
  add(namespace: string, name: string, item: T): void {
    const list = this.get(namespace, name);
    if (list) list.push(item);
    else this.set(namespace, name, [item]);
  }
}

/** What the map has under the key; computed and put there at the first question. */
export function computedOnce<K, T>(map: Map<K, T>, key: K, compute: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const computed = compute();
  map.set(key, computed);
  return computed;
}

/** Adds to the list under the key. */
export function push<T>(map: Map<string, T[]>, key: string, item: T): void {
  computedOnce(map, key, () => []).push(item);
}
