import { ByName, computedOnce } from './by-name';
import type { Entry } from './entry';

/** Entries of one kind and group. */
interface Group {
  /** In the order in which they came. */
  readonly entries: Entry[];
  readonly byName: ByName<Entry>;
}

/** Entries by kind, group, namespace and name. */
export class ObjectIndex {
  private readonly byKind = new Map<string, Map<string, Group>>();

  /** Adds the entry unless one of its identity is there; gives that one then. */
  add(entry: Entry): Entry | undefined {
    const group = this.group(entry.kind, entry.group);
    const first = group.byName.get(entry.namespace, entry.name);
    if (first) return first;
    group.byName.set(entry.namespace, entry.name, entry);
    group.entries.push(entry);
    return undefined;
  }

  private group(kind: string, name: string): Group {
    const groups = computedOnce(this.byKind, kind, () => new Map<string, Group>());
    return computedOnce(groups, name, () => ({ entries: [], byName: new ByName() }));
  }

  /** The entry of a kind and a name; of the first group that has it where none is named. */
  find(kind: string, namespace: string, name: string, group: string | undefined): Entry | undefined {
    const groups = this.byKind.get(kind);
    if (!groups) return undefined;
    if (group !== undefined) return groups.get(group)?.byName.get(namespace, name);
    for (const { byName } of groups.values()) {
      const entry = byName.get(namespace, name);
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
