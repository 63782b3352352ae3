import type { Draft } from './draft/pick';
import { ownServiceOf } from './draft/service';
import { itemsAt, type ServiceObjects } from './group';

/** A service as others name it. */
export interface Callee {
  readonly name: string;
  readonly namespace: string;
  /** The Service whose address the catalog writes for a reference. */
  readonly isOwn: boolean;
  readonly ports: readonly { readonly name?: string; readonly port: number }[];
}

/** The services by the names of their Services; of one name there may be several, in namespaces of their own. */
export type Callees = ReadonlyMap<string, readonly Callee[]>;

/** What a text that is exactly an address of a service becomes: only where the catalog writes the very same text. */
export function textReference(callees: Callees, from: string): (text: string) => Draft | undefined {
  return (text) => {
    const match =
      /^(http:\/\/)?([a-z0-9](?:[-a-z0-9]*[a-z0-9])?)(?:\.([a-z0-9](?:[-a-z0-9]*[a-z0-9])?))?(?::(\d+))?$/.exec(text);
    if (!match) return undefined;
    const [, scheme, host = '', domain, digits] = match;
    // Short names are those of the own namespace. A bare word could be anything: only a full address is one for sure.
    if (digits === undefined || domain === from) return undefined;
    const callee = callees.get(host)?.find(({ namespace }) => namespace === (domain ?? from));
    if (!callee) return undefined;
    const index = callee.ports.findIndex(({ port }) => port === Number(digits));
    if (index < 0 || !callee.isOwn) return undefined;
    return {
      service: callee.name,
      ...(index === 0 ? {} : { port: Number(digits) }),
      ...(scheme === undefined ? {} : { format: 'url' }),
    };
  };
}

/** `http://carts.sock-shop.svc.cluster.local:80/x`, `mongodb://carts-db:27017`, `carts:80` in any text. */
const ADDRESS =
  /(?:[a-z][a-z0-9+.-]*:\/\/(?:[^\s/@"']*@)?)?([a-z0-9](?:[-a-z0-9]*[a-z0-9])?)((?:\.[a-z0-9-]+)*)(?::(\d{1,5}))?/gi;

/**
 * The services whose address stands somewhere in a text: behind a scheme, with a port that they have, or with their
 * namespace. A bare name is taken for one only where it is the whole text.
 */
export function addressesIn(text: string, callees: Callees, from: string): Set<string> {
  const found = new Set<string>();
  if (text.length > 1_000_000) return found;
  for (const match of text.matchAll(ADDRESS)) {
    const [whole, host = '', domain = '', port] = match;
    const named = callees.get(host.toLowerCase());
    if (!named) continue;
    const callee = named.find(({ namespace }) =>
      domain === '' ? namespace === from : domain === `.${namespace}` || domain.startsWith(`.${namespace}.svc`),
    );
    if (!callee) continue;
    const hasPort = port !== undefined && callee.ports.some((one) => one.port === Number(port));
    if (domain !== '' || whole.includes('://') || hasPort || (whole === text && text.length > 0))
      found.add(callee.name);
  }
  return found;
}

/** Everything in a group that may hold an address which no reference of the catalog shows: commands, texts, other objects. */
export function textsOf(value: unknown, into: string[] = []): string[] {
  if (typeof value === 'string') into.push(value);
  else if (Array.isArray(value)) for (const item of value) textsOf(item, into);
  else if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) textsOf(item, into);
  return into;
}

/** The services that can be called. */
export function calleesOf(groups: readonly ServiceObjects[]): Callees {
  const callees = new Map<string, Callee[]>();
  for (const group of groups) {
    const own = ownServiceOf(group);
    for (const service of new Set(own ? [own, ...group.services] : group.services)) {
      const ports = itemsAt(service.spec, 'ports');
      const callee: Callee = {
        name: group.name,
        namespace: group.namespace,
        isOwn: service === own,
        ports: ports.flatMap(({ name, port }) =>
          typeof port === 'number' ? [{ ...(typeof name === 'string' && { name }), port }] : [],
        ),
      };
      const host = service.metadata.name;
      callees.set(host, [...(callees.get(host) ?? []), callee]);
    }
  }
  return callees;
}
