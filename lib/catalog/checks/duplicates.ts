import type { Problem } from '../problem';
import type { Catalog } from '../schema';

/** Names that stand twice. */
export function duplicateProblems(catalog: Catalog): Problem[] {
  const problems: Problem[] = [];
  const lists = [
    ['services', 'service', 'duplicate-service', catalog.services],
    ['clusters', 'cluster', 'duplicate-cluster', catalog.clusters],
    ['external', 'external host', 'duplicate-external', catalog.external ?? []],
  ] as const;
  for (const [list, word, code, items] of lists) {
    const seen = new Map<string, number>();
    for (const [index, { name }] of items.entries()) {
      const first = seen.get(name);
      if (first === undefined) seen.set(name, index);
      else
        problems.push({
          code,
          path: [list, index, 'name'],
          message: `two ${word}s are named "${name}"; the first is /${list}/${first}`,
          fix: 'rename or remove one',
        });
    }
  }
  const services = new Set(catalog.services.map(({ name }) => name));
  for (const [index, name] of (catalog.removed ?? []).entries())
    if (services.has(name))
      problems.push({
        code: 'removed-service-stays',
        path: ['removed', index],
        message: `"${name}" is said to leave, and is among the services`,
        fix: `remove "${name}" from "removed", or from the services`,
      });
  return problems;
}
