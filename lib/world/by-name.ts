/** Things by namespace and name. Of two maps, so that a question makes no text of both: rules ask a million times. */
export class ByName<T> {
  private readonly byNamespace = new Map<string, Map<string, T>>();

  get(namespace: string, name: string): T | undefined {
    return this.byNamespace.get(namespace)?.get(name);
  }

  set(namespace: string, name: string, item: T): void {
    const names = this.byNamespace.get(namespace);
    if (names) names.set(name, item);
    else this.byNamespace.set(namespace, new Map([[name, item]]));
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
