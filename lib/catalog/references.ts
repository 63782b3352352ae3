import { namedCalls } from './calls';
import { containersOf } from './containers';
import type { ResolvedService } from './resolve';

/**
 * The services whose address a service wants in environment variables of its containers, init containers too: each once,
 * sorted. It may be among them itself.
 */
export function referredServices(service: ResolvedService): string[] {
  const names = new Set<string>();
  for (const { env } of containersOf(service))
    for (const key of Object.keys(env)) {
      const value = env[key]!;
      if (typeof value === 'object' && 'service' in value) names.add(value.service);
    }
  return [...names].sort();
}

/** The services that a service calls: those whose address it wants, and those that `calls` names; each once, sorted. */
export function calledServices(service: ResolvedService): string[] {
  const referred = referredServices(service);
  const named = namedCalls(service);
  return named.length === 0 ? referred : [...new Set([...referred, ...named.map(({ service: name }) => name)])].sort();
}
