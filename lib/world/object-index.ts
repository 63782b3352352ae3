import type { Entry } from './entry';

/** Entries of one kind and group. */
interface Group {
  /** In the order in which they came. */
  readonly entries: Entry[];
  /** By namespace, then by name: no key has to be made of both for a question. */
  readonly byNamespace: Map<string, Map<string, Entry>>;
}

/** Entries by kind, group, namespace and name. */
export class ObjectIndex {
  private readonly byKind = new Map<string, Map<string, Group>>();

  /** Adds the entry unless one of its identity is there; gives that one then. */
  add(entry: Entry): Entry | undefined {
    const group = this.group(entry.kind, entry.group);
    let names = group.byNamespace.get(entry.namespace);
    if (!names) {
      names = new Map();
      group.byNamespace.set(entry.namespace, names);
    }
    const first = names.get(entry.name);
    if (first) return first;
    names.set(entry.name, entry);
    group.entries.push(entry);
    return undefined;
  }

  private group(kind: string, name: string): Group {
    let groups = this.byKind.get(kind);
    if (!groups) {
      groups = new Map();
      this.byKind.set(kind, groups);
    }
    let group = groups.get(name);
    if (!group) {
      group = { entries: [], byNamespace: new Map() };
      groups.set(name, group);
    }
    return group;
  }

  /** The entry of a kind and a name; of the first group that has it where none is named. */
  find(kind: string, namespace: string, name: string, group: string | undefined): Entry | undefined {
    const groups = this.byKind.get(kind);
    if (!groups) return undefined;
    if (group !== undefined) return groups.get(group)?.byNamespace.get(namespace)?.get(name);
    for (const { byNamespace } of groups.values()) {
      const entry = byNamespace.get(namespace)?.get(name);
      if (entry) return entry;
    }
    return undefined;
  }

  /** All entries of a kind, in the order in which they came; of one group where one is named. */
  ofKind(kind: string, group: string | undefined): Entry[] {
    const groups = this.byKind.get(kind);
    if (!groups) return [];
    if (group !== undefined) return [...(groups.get(group)?.entries ?? [])];
    return [...groups.values()].flatMap(({ entries }) => entries);
  }
}
