import { accountOf, type GroupedObjects, type ServiceObjects } from './group';

/** Whom a service calls, by name. */
export type CallsOf = (group: ServiceObjects) => Iterable<string>;

/**
 * Gives each account to the one of its users that waits for none of the others: the catalog installs a maker before its
 * users. An account without such a user belongs to nobody.
 */
export function withMakers(grouped: GroupedObjects, callsOf: CallsOf): GroupedObjects {
  const waits = reachable(grouped.services, callsOf);
  const chosen = new Map<ServiceObjects, ServiceObjects>();
  const orphans: ServiceObjects[] = [];
  for (const owner of grouped.services) {
    if (!owner.account) continue;
    const users = grouped.services.filter(
      ({ namespace, template }) =>
        namespace === owner.namespace && accountOf(template) === owner.account!.metadata.name,
    );
    const maker = users.length === 1 ? owner : makerOf(users, owner, waits);
    if (maker) chosen.set(maker, owner);
    else orphans.push(owner);
  }
  const services = grouped.services.map((group) => {
    const { account: _, ...rest } = group;
    const from = chosen.get(group);
    return from ? { ...rest, account: from.account! } : rest;
  });
  return { services, others: [...grouped.others, ...orphans.map(({ account }) => account!)] };
}

/** The first of the users that waits for no other one; the preferred one where it is such. */
export function makerOf(
  users: readonly ServiceObjects[],
  preferred: ServiceObjects | undefined,
  waits: (group: ServiceObjects) => ReadonlySet<string>,
): ServiceObjects | undefined {
  const isFree = (one: ServiceObjects) => users.every((other) => other === one || !waits(one).has(other.name));
  return preferred && isFree(preferred) ? preferred : users.find(isFree);
}

/** Everything that a service waits for, over any number of calls. */
export function reachable(
  groups: readonly ServiceObjects[],
  callsOf: CallsOf,
): (group: ServiceObjects) => ReadonlySet<string> {
  const byName = new Map(groups.map((group) => [group.name, group]));
  const known = new Map<ServiceObjects, ReadonlySet<string>>();
  return (start) => {
    const there = known.get(start);
    if (there) return there;
    const found = new Set<string>();
    const queue = [start];
    for (const group of queue)
      for (const name of callsOf(group)) {
        if (found.has(name)) continue;
        found.add(name);
        const callee = byName.get(name);
        if (callee) queue.push(callee);
      }
    known.set(start, found);
    return found;
  };
}
