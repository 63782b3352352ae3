import type { Path, Problem } from '../problem';
import { overridesOf, type ResolvedCluster, type ResolvedService } from '../resolve';
import type { Catalog } from '../schema';
import type { Suggestions } from './suggestions';

/** A problem of one service; `path` begins at the service's own fields. */
export type ServiceProblem = Omit<Problem, 'path'> & { readonly path: Path };

/** One service as it runs in one cluster, and what a check may ask about the others. */
export interface ServiceContext {
  readonly service: ResolvedService;
  readonly cluster: ResolvedCluster;
  /** The services of the same cluster. */
  readonly services: ReadonlyMap<string, ResolvedService>;
  /** The names of all services, of whatever cluster. */
  readonly allNames: ReadonlySet<string>;
  /** The nearest of them. */
  readonly suggestions: Suggestions;
}

export type ServiceCheck = (context: ServiceContext, report: (problem: ServiceProblem) => void) => void;

/** Where the catalog sets a field of a service as it runs in a cluster: the strongest layer that has it. */
export function originOf(catalog: Catalog, cluster: ResolvedCluster, service: ResolvedService, path: Path): Path {
  const index = Number(service.pointer.slice('/services/'.length));
  const clusterIndex = catalog.clusters.indexOf(cluster.cluster);
  const layers: [Path, unknown][] = [
    [['clusters', clusterIndex, 'services', service.name], overridesOf(cluster.cluster, service.name)],
    [['services', index], catalog.services[index]],
    [['clusters', clusterIndex, 'defaults'], cluster.cluster.defaults],
    [['defaults'], catalog.defaults],
  ];
  // What no layer has is missing: the service itself is the place to add it.
  for (let length = path.length; length > 0; length--) {
    const part = path.slice(0, length);
    const found = layers.find(([, layer]) => has(layer, part));
    if (found) return [...found[0], ...part];
  }
  return ['services', index];
}

function has(layer: unknown, path: Path): boolean {
  let value = layer;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return false;
    value = (value as Record<string | number, unknown>)[part];
  }
  return true;
}
