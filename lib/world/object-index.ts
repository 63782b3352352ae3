import type { Entry } from './entry';

/** Entries by kind, group, namespace and name. */
export class ObjectIndex {
  private readonly byKind = new Map<string, Map<string, Map<string, Entry>>>();

  /** Adds the entry unless one of its identity is there; gives that one then. */
  add(entry: Entry): Entry | undefined {
    const names = nested(nested(this.byKind, entry.kind), entry.group);
    const key = `${entry.namespace}/${entry.name}`;
    const first = names.get(key);
    if (!first) names.set(key, entry);
    return first;
  }

  /** The entry of a kind and a name; of the first group that has it where none is named. */
  find(kind: string, namespace: string, name: string, group: string | undefined): Entry | undefined {
    const groups = this.byKind.get(kind);
    if (!groups) return undefined;
    const key = `${namespace}/${name}`;
    if (group !== undefined) return groups.get(group)?.get(key);
    for (const names of groups.values()) {
      const entry = names.get(key);
      if (entry) return entry;
    }
    return undefined;
  }

  /** All entries of a kind, in the order in which they came; of one group where one is named. */
  ofKind(kind: string, group: string | undefined): Entry[] {
    const groups = this.byKind.get(kind);
    if (!groups) return [];
    if (group !== undefined) return [...(groups.get(group)?.values() ?? [])];
    return [...groups.values()].flatMap((names) => [...names.values()]);
  }
}

function nested<T>(maps: Map<string, Map<string, T>>, key: string): Map<string, T> {
  const known = maps.get(key);
  if (known) return known;
  const map = new Map<string, T>();
  maps.set(key, map);
  return map;
}
