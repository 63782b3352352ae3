import type { ServiceInput, Unit, UnitInput } from '../charts';
import { isLocalChange } from './local-change';
import { beginnings, type Mentions } from './mentions';
import type { ChangedUnit } from './synthesize';

/** Which part of a tree has to be checked anew; the findings about the rest are those of the last check. */
export interface Recheck {
  /** Units to look at: those whose findings may differ, what these touch, and all that is not a service. */
  readonly units: ReadonlySet<string>;
  /** Manifests about whose objects the last check's findings no longer count. */
  readonly staleFiles: ReadonlySet<string>;
  readonly serviceOfFile: ReadonlyMap<string, string>;
}

interface ServiceUnit {
  readonly unit: Unit;
  readonly of: NonNullable<Unit['of']>;
}

/** A larger share than this is better looked at as a whole. */
const MAX_SHARE = 0.5;

/**
 * What a change can reach. A finding about a service follows from its own objects, from those that name it or that it names
 * (callers, callees, owners of what it uses), and from the platform. So it can differ when the service has changed or when
 * one of these has. Undefined when the change may reach further: another set of objects, another file, labels, ports,
 * hosts, a rollout's length.
 */
export function recheckOf(
  units: readonly Unit[],
  changed: readonly ChangedUnit[],
  mentions: Mentions,
): Recheck | undefined {
  const services: ServiceUnit[] = [];
  const looked = new Set<string>();
  for (const unit of units) {
    // What somebody adds or changes may look at everything, and the catalog's text does not tell whom it names.
    if (unit.isLocal) return undefined;
    if (unit.of) {
      services.push({ unit, of: unit.of });
      continue;
    }
    const { kind } = unit.input as UnitInput;
    if (kind === 'chart') return undefined;
    if (kind !== 'helm') looked.add(unit.id);
  }
  const names = new Set(services.map(({ of }) => of.service.name));
  const mentioned = new Set<string>();
  const own = new Set<string>();
  for (const { unit, before, after } of changed) {
    const input = unit.input as UnitInput;
    // What a chart makes is seen at the releases.
    if (input.kind === 'helm') continue;
    if (input.kind !== 'service' || !isLocalFileChange(before, after)) return undefined;
    own.add(input.service.name);
    addMentions(JSON.stringify(before), names, mentioned);
    addMentions(JSON.stringify(after), names, mentioned);
  }
  const stale = around(services, own, mentions, names);
  for (const name of mentioned) stale.add(name);
  const near = around(services, stale, mentions, names);
  let count = 0;
  for (const { unit, of } of services) {
    // A silence names the objects of its service.
    if (!near.has(of.service.name) && of.service.preflight === undefined) continue;
    looked.add(unit.id);
    count++;
  }
  if (count > MAX_SHARE * services.length && count > own.size) return undefined;
  return {
    units: looked,
    staleFiles: new Set(services.filter(({ of }) => stale.has(of.service.name)).map(({ of }) => of.path)),
    serviceOfFile: new Map(services.map(({ of }) => [of.path, of.service.name])),
  };
}

function isLocalFileChange(before: ChangedUnit['before'], after: ChangedUnit['after']): boolean {
  return (
    before.length === after.length &&
    before.every(
      ({ path, documents }, index) => path === after[index]!.path && isLocalChange(documents, after[index]!.documents),
    )
  );
}

/** What a service says of others; the rest of its input is the same for all. */
function textOf({ service, ports, patches }: ServiceInput): string {
  return JSON.stringify([service, ports, patches]);
}

/** The services of these names, those that they name, and those that name them, in any cluster. */
function around(
  services: readonly ServiceUnit[],
  center: ReadonlySet<string>,
  mentions: Mentions,
  names: ReadonlySet<string>,
): Set<string> {
  const found = mentions.naming(center);
  for (const { unit, of } of services)
    if (center.has(of.service.name)) addMentions(textOf(unit.input as ServiceInput), names, found);
  return found;
}

/** Adds the services that a text of JSON names, alone or with something behind: `cart`, `cart-primary`. */
function addMentions(text: string, names: ReadonlySet<string>, found: Set<string>): void {
  // A word may stand behind the escape of a line break.
  for (const [word] of text.replaceAll(/\\[bfnrt]/g, ' ').matchAll(/[a-z0-9][a-z0-9-]*/g))
    for (const name of beginnings(word)) if (names.has(name)) found.add(name);
}
