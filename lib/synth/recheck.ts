import type { ServiceInput, Unit, UnitInput } from '../charts';
import { isLocalChange } from './local-change';
import type { ChangedUnit } from './synthesize';

/** Which part of a tree has to be checked anew; the findings about the rest are those of the last check. */
export interface Recheck {
  /** Units to look at: those whose findings may differ, what these touch, and all that is not a service. */
  readonly units: ReadonlySet<string>;
  /** Manifests about whose objects the last check's findings no longer count. */
  readonly staleFiles: ReadonlySet<string>;
  readonly serviceOfFile: ReadonlyMap<string, string>;
}

/** A larger share than this is better looked at as a whole. */
const MAX_SHARE = 0.5;

/**
 * What a change can reach. A finding about a service follows from its own objects, from those that name it or that it names
 * (callers, callees, owners of what it uses), and from the platform. So it can differ when the service has changed or when
 * one of these has. Undefined when the change may reach further: another set of objects, another file, labels, ports,
 * hosts, a rollout's length.
 */
export function recheckOf(units: readonly Unit[], changed: readonly ChangedUnit[]): Recheck | undefined {
  const services: { readonly unit: Unit; readonly input: ServiceInput }[] = [];
  const looked = new Set<string>();
  for (const unit of units) {
    const input = unit.input as UnitInput;
    if (input.kind === 'service') services.push({ unit, input });
    else looked.add(unit.id);
  }
  const names = new Set(services.map(({ input }) => input.service.name));
  const mentioned = new Set<string>();
  const own = new Set<string>();
  for (const { unit, before, after } of changed) {
    const input = unit.input as UnitInput;
    if (input.kind !== 'service' || !isLocalFileChange(before, after)) return undefined;
    own.add(input.service.name);
    addMentions(JSON.stringify(before), names, mentioned);
    addMentions(JSON.stringify(after), names, mentioned);
  }
  const texts = new Map(services.map(({ unit, input }) => [unit.id, textOf(input)]));
  const stale = around(services, texts, own, names, mentioned);
  const near = around(services, texts, stale, names, new Set());
  let count = 0;
  for (const { unit, input } of services) {
    // A silence names the objects of its service.
    if (!near.has(input.service.name) && input.service.preflight === undefined) continue;
    looked.add(unit.id);
    count++;
  }
  if (count > MAX_SHARE * services.length && count > own.size) return undefined;
  return {
    units: looked,
    staleFiles: new Set(services.filter(({ input }) => stale.has(input.service.name)).map(({ input }) => input.path)),
    serviceOfFile: new Map(services.map(({ input }) => [input.path, input.service.name])),
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
  services: readonly { readonly unit: Unit; readonly input: ServiceInput }[],
  texts: ReadonlyMap<string, string>,
  center: ReadonlySet<string>,
  names: ReadonlySet<string>,
  mentioned: ReadonlySet<string>,
): Set<string> {
  const found = new Set([...center, ...mentioned]);
  if (center.size === 0) return found;
  // A name goes on where a part of the service's own begins: frontend-primary, frontend-config.
  const anyName = new RegExp(`(?<![a-z0-9-])(?:${[...center].join('|')})(?![a-z0-9])`);
  for (const { unit, input } of services) {
    const text = texts.get(unit.id)!;
    if (center.has(input.service.name)) addMentions(text, names, found);
    else if (!found.has(input.service.name) && anyName.test(text)) found.add(input.service.name);
  }
  return found;
}

/** Adds the services that a text names, alone or with something behind: `cart`, `cart-primary`. */
function addMentions(text: string, names: ReadonlySet<string>, found: Set<string>): void {
  for (const [word] of text.matchAll(/[a-z0-9][a-z0-9-]*/g))
    for (let end = word.length; end > 0; end = word.lastIndexOf('-', end - 1)) {
      const name = word.slice(0, end);
      if (names.has(name)) found.add(name);
    }
}
