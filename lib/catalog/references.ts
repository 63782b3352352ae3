import type { ResolvedService } from './resolve';

/**
 * The services whose address a service wants in environment variables of its containers, init containers too: each once,
 * sorted. It may be among them itself.
 */
export function referredServices({ env, initContainers }: ResolvedService): string[] {
  const names = new Set<string>();
  const add = (variables: ResolvedService['env'] = {}): void => {
    for (const key of Object.keys(variables)) {
      const value = variables[key]!;
      if (typeof value === 'object' && 'service' in value) names.add(value.service);
    }
  };
  add(env);
  for (const container of initContainers ?? []) add(container.env);
  return [...names].sort();
}
