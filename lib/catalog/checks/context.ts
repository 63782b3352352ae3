import { isDeepStrictEqual } from 'node:util';
import type { Path, Problem } from '../problem';
import { overridesOf, type ResolvedCluster, type ResolvedService } from '../resolve';
import type { Catalog } from '../schema';
import type { Suggestions } from './suggestions';

/** A problem of one service; `path` begins at the service's own fields. */
export type ServiceProblem = Omit<Problem, 'path'> & { readonly path: Path };

/**
 * What a check may know of another service than its own. Where all that has changed keeps it, the others need not be
 * checked again.
 */
export interface ServiceFace {
  readonly name: string;
  /** Its address has it where the caller is in another one. */
  readonly namespace?: string;
  readonly workloadName?: string;
  readonly ports?: ResolvedService['ports'];
  /** Its address has the name of its Service. */
  readonly service?: ResolvedService['service'];
  /** Others may ask whether it has one. */
  readonly canary?: false | object;
}

/** Whether a service is to others what it was. */
export function hasSameFace(service: ServiceFace, before: ServiceFace): boolean {
  return (
    service.name === before.name &&
    service.namespace === before.namespace &&
    service.workloadName === before.workloadName &&
    typeof service.canary === typeof before.canary &&
    isDeepStrictEqual(service.ports, before.ports) &&
    isDeepStrictEqual(service.service, before.service)
  );
}

/** One service as it runs in one cluster, and what a check may ask about the others. */
export interface ServiceContext {
  readonly service: ResolvedService;
  readonly cluster: ResolvedCluster;
  /** The services of the same cluster. */
  readonly services: ReadonlyMap<string, ServiceFace>;
  /** The names of all services, of whatever cluster. */
  readonly allNames: ReadonlySet<string>;
  /** The nearest of them. */
  readonly suggestions: Suggestions;
}

/** Looks at one service as it runs in one cluster. */
export type ServiceCheck = (context: ServiceContext, report: (problem: ServiceProblem) => void) => void;

/** Where the catalog sets a field of a service as it runs in a cluster: the strongest layer that has it. */
export function originOf(catalog: Catalog, cluster: ResolvedCluster, service: ResolvedService, path: Path): Path {
  const layers = layersOf(catalog, cluster, service);
  // What no layer has is missing: the service itself is the place to add it.
  for (let length = path.length; length > 0; length--) {
    const origin = placeIn(layers, path.slice(0, length));
    if (origin) return origin;
  }
  return ['services', cluster.positions.get(service)!];
}

/** The same for the whole field; undefined where no layer has it. */
export function writtenPlace(
  catalog: Catalog,
  cluster: ResolvedCluster,
  service: ResolvedService,
  path: Path,
): Path | undefined {
  return placeIn(layersOf(catalog, cluster, service), path);
}

type Layer = readonly [at: Path, content: unknown];

/** What a service is made of in a cluster, the strongest first. */
function layersOf(catalog: Catalog, cluster: ResolvedCluster, service: ResolvedService): readonly Layer[] {
  const index = cluster.positions.get(service)!;
  const clusterIndex = catalog.clusters.indexOf(cluster.cluster);
  return [
    [['clusters', clusterIndex, 'services', service.name], overridesOf(cluster.cluster, service.name)],
    [['services', index], catalog.services[index]],
    [['clusters', clusterIndex, 'defaults'], cluster.cluster.defaults],
    [['defaults'], catalog.defaults],
  ];
}

function placeIn(layers: readonly Layer[], path: Path): Path | undefined {
  const found = layers.find(([, content]) => has(content, path));
  return found && [...found[0], ...path];
}

/** Where a change of a field belongs. */
export interface WritablePlace {
  readonly path: Path;
  /** What the field has there now is there for other services too. */
  readonly isShared: boolean;
  /** The same field of this service alone; undefined inside a list, which a service can only replace as a whole. */
  readonly own?: Path;
}

/** Where to write a field of a service so that it counts in the cluster: where it is written now, else at the service. */
export function writablePlace(
  catalog: Catalog,
  cluster: ResolvedCluster,
  service: ResolvedService,
  path: Path,
): WritablePlace {
  const origin = originOf(catalog, cluster, service, path);
  const depth = origin[0] === 'defaults' ? 1 : origin[0] === 'services' ? 2 : origin[2] === 'defaults' ? 3 : 4;
  const isShared = depth % 2 === 1;
  const own: Path = ['services', cluster.positions.get(service)!, ...path];
  const known = origin.slice(depth);
  const isInList = known.some((part) => typeof part === 'number');
  // What is in no layer yet is added at the service, unless it belongs to a list that another layer writes.
  if (known.length < path.length && !isInList) return { path: own, isShared: false, own };
  return { path: [...origin, ...path.slice(known.length)], isShared, ...(isInList ? {} : { own }) };
}

function has(layer: unknown, path: Path): boolean {
  let value = layer;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return false;
    value = (value as Record<string | number, unknown>)[part];
  }
  return true;
}
