/** Things by namespace and name. Of two maps, so that a question makes no text of both: rules ask a million times. */
export class ByName<T> {
  private readonly byNamespace = new Map<string, Map<string, T>>();

  get(namespace: string, name: string): T | undefined {
    return this.byNamespace.get(namespace)?.get(name);
  }

  set(namespace: string, name: string, item: T): void {
    this.names(namespace).set(name, item);
  }

  /** Sets the item unless there is one, which it gives then. */
  add(namespace: string, name: string, item: T): T | undefined {
    const names = this.names(namespace);
    const first = names.get(name);
    if (first === undefined) names.set(name, item);
    return first;
  }

  private names(namespace: string): Map<string, T> {
    let names = this.byNamespace.get(namespace);
    if (!names) {
      names = new Map();
      this.byNamespace.set(namespace, names);
    }
    return names;
  }

  *values(): Generator<T> {
    for (const names of this.byNamespace.values()) yield* names.values();
  }
}

/** Lists of things by namespace and name. */
export class ListsByName<T> {
  private readonly lists = new ByName<T[]>();

  get(namespace: string, name: string): readonly T[] | undefined {
    return this.lists.get(namespace, name);
  }

  add(namespace: string, name: string, item: T): void {
    const list = this.lists.get(namespace, name);
    if (list) list.push(item);
    else this.lists.set(namespace, name, [item]);
  }

  /** Adds the item unless it is the last one there. */
  addOnce(namespace: string, name: string, item: T): void {
    const list = this.lists.get(namespace, name);
    if (!list) this.lists.set(namespace, name, [item]);
    else if (list.at(-1) !== item) list.push(item);
  }

  values(): Generator<readonly T[]> {
    return this.lists.values();
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
export function push<K, T>(map: Map<K, T[]>, key: K, item: T): void {
  computedOnce(map, key, () => []).push(item);
}
