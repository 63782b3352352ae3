import type { Draft } from './draft/pick';
import type { ServiceObjects } from './group';

/** A service as others name it. */
export interface Callee {
  readonly name: string;
  readonly namespace: string;
  /** Name of its Service. */
  readonly host: string;
  readonly ports: readonly { readonly name?: string; readonly port: number }[];
}

/** What a text that is exactly an address of a service becomes: only where the catalog writes the very same text. */
export function textReference(callees: ReadonlyMap<string, Callee>, from: string): (text: string) => Draft | undefined {
  return (text) => {
    const match = /^(http:\/\/)?([a-z0-9]([-a-z0-9]*[a-z0-9])?)(?::(\d+))?$/.exec(text);
    if (!match) return undefined;
    const [, scheme, host = '', , digits] = match;
    const callee = callees.get(host);
    // Short names are those of the own namespace. A bare word could be anything: only a full address is one for sure.
    if (!callee || callee.namespace !== from || digits === undefined) return undefined;
    const index = callee.ports.findIndex(({ port }) => port === Number(digits));
    if (index < 0) return undefined;
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
export function addressesIn(text: string, callees: ReadonlyMap<string, Callee>, from: string): Set<string> {
  const found = new Set<string>();
  if (text.length > 1_000_000) return found;
  for (const match of text.matchAll(ADDRESS)) {
    const [whole, host = '', domain = '', port] = match;
    const callee = callees.get(host.toLowerCase());
    if (!callee) continue;
    const isUrl = whole.includes('://');
    const isQualified = domain === `.${callee.namespace}` || domain.startsWith(`.${callee.namespace}.svc`);
    if (domain !== '' && !isQualified) continue;
    if (!isQualified && callee.namespace !== from) continue;
    const hasPort = port !== undefined && callee.ports.some((one) => one.port === Number(port));
    if (isQualified || isUrl || hasPort || (whole === text && text.length > 0)) found.add(callee.name);
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

/** The services by the names of their Services. */
export function calleesOf(groups: readonly ServiceObjects[]): Map<string, Callee> {
  const callees = new Map<string, Callee>();
  for (const { workload, namespace, services } of groups)
    for (const service of services) {
      const ports = Array.isArray((service.spec as { ports?: unknown } | undefined)?.ports)
        ? ((service.spec as { ports: readonly { name?: string; port?: number }[] }).ports ?? [])
        : [];
      const host = service.metadata.name;
      if (callees.has(host)) continue;
      callees.set(host, {
        name: workload.metadata.name,
        namespace,
        host,
        ports: ports.flatMap(({ name, port }) => (typeof port === 'number' ? [{ ...(name && { name }), port }] : [])),
      });
    }
  return callees;
}
