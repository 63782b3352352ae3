import { ByName, computedOnce } from './by-name';
import type { Entry } from './entry';

/** Entries of one kind and API group. */
export class EntryGroup {
  /** In the order in which they came. */
  readonly entries: Entry[] = [];
  private readonly byName = new ByName<Entry>();

  /** @param name of the API group */
  constructor(readonly name: string) {}

  /** Adds the entry unless one of its name is there; gives that one then. */
  add(entry: Entry): Entry | undefined {
    const first = this.byName.add(entry.namespace, entry.name, entry);
    if (!first) this.entries.push(entry);
    return first;
  }

  find(namespace: string, name: string): Entry | undefined {
    return this.byName.get(namespace, name);
  }
}

/** Entries by kind, API group, namespace and name. */
export class ObjectIndex {
  private readonly byKind = new Map<string, Map<string, EntryGroup>>();

  /** Adds the entry unless one of its identity is there; gives that one then. */
  add(entry: Entry): Entry | undefined {
    return this.group(entry.kind, entry.group).add(entry);
  }

  /** The entries of a kind and API group, to be asked or added to many times. */
  group(kind: string, name: string): EntryGroup {
    const groups = computedOnce(this.byKind, kind, () => new Map<string, EntryGroup>());
    return computedOnce(groups, name, () => new EntryGroup(name));
  }

  /** The entry of a kind and a name; of the first group that has it where none is named. */
  find(kind: string, namespace: string, name: string, group: string | undefined): Entry | undefined {
    const groups = this.byKind.get(kind);
    if (!groups) return undefined;
    if (group !== undefined) return groups.get(group)?.find(namespace, name);
    for (const one of groups.values()) {
      const entry = one.find(namespace, name);
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
