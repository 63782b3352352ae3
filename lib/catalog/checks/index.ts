import { serviceNameError } from '../../kube';
import type { Path, Problem } from '../problem';
import { calledServices } from '../references';
import { type ResolvedService, resolveCluster } from '../resolve';
import type { Catalog } from '../schema';
import { checkAffinity } from './affinity';
import { buildProblems } from './build';
import { checkCallers } from './callers';
import { checkCanary } from './canary';
import { clusterProblems } from './clusters';
import { checkContainers } from './containers';
import { originOf, type ServiceCheck } from './context';
import { duplicateProblems } from './duplicates';
import { checkExpansion } from './expansion';
import { checkExpose } from './expose';
import { externalProblems, unusedExternalProblems } from './external';
import { hostProblems } from './hosts';
import { checkIdentity } from './identity';
import { checkImages } from './images';
import { checkKinds } from './kinds';
import { manifestProblems } from './manifests';
import { checkNames } from './names';
import { objectNameProblems } from './object-names';
import { checkObjects } from './objects';
import { checkOwnServices } from './own-services';
import { patchProblems } from './patches';
import { platformProblems, podSecurityProblems } from './platform';
import { checkPorts } from './ports';
import { checkProbes } from './probes';
import { checkReferences } from './references';
import { checkRelease, dependencyProblems } from './release';
import { checkResources } from './resources';
import { checkScaling } from './scaling';
import { checkScheduling } from './scheduling';
import { ServiceProblems } from './service-problems';
import { Suggestions } from './suggestions';
import { textProblems } from './texts';
import { checkVolumes } from './volumes';
import { waveProblems } from './waves';

const SERVICE_CHECKS: readonly ServiceCheck[] = [
  checkNames,
  checkPorts,
  checkImages,
  checkContainers,
  checkKinds,
  checkOwnServices,
  checkObjects,
  checkReferences,
  checkCallers,
  checkExpansion,
  checkResources,
  checkScaling,
  checkProbes,
  checkVolumes,
  checkScheduling,
  checkAffinity,
  checkIdentity,
  checkExpose,
  checkCanary,
  checkRelease,
];

/** What fits the schema and still cannot work. */
export interface CatalogProblems {
  /** The catalog's own parts, and what its services are to each other. */
  readonly ofCatalog: readonly Problem[];
  /** Of each service what it says itself, as it runs in each cluster, with every default and override applied. */
  readonly ofServices: readonly Problem[];
}

/** What of a catalog is checked again. */
export interface Looked {
  /** Names of the services that are checked for what they say themselves. */
  readonly services: ReadonlySet<string>;
  /** Whether the services make, use and call what they did when nothing was wrong with that. */
  readonly hasSameObjects: boolean;
}

/**
 * Checks a catalog that fits the schema. A problem is reported once, where the catalog sets the value.
 * @param looked @default all of it
 */
export function checkCatalog(catalog: Catalog, looked?: Looked): CatalogProblems {
  const allNames = new Set(catalog.services.map(({ name }) => name));
  const suggestions = new Suggestions(
    [...allNames].filter((name) => serviceNameError(name) === undefined),
    () => catalog.services.flatMap((service) => calledServices({ ...service, image: undefined })),
  );
  const isLooked = ({ name }: { readonly name: string }): boolean => looked === undefined || looked.services.has(name);
  const ofObjects = looked?.hasSameObjects ? [] : [objectNameProblems, waveProblems];
  const { services: _, images: __, ...own } = catalog;
  const ofCatalog = new Problems([
    ...duplicateProblems(catalog),
    ...platformProblems(catalog),
    ...podSecurityProblems(catalog),
    ...clusterProblems(catalog, suggestions),
    ...externalProblems(catalog),
    ...manifestProblems(catalog),
    ...patchProblems(catalog),
    ...textProblems(own, []),
  ]);
  const texts = catalog.services.flatMap((service, index) =>
    isLooked(service) ? [...textProblems(service, ['services', index]), ...buildProblems(service, index)] : [],
  );
  const ofServices = new ServiceProblems(catalog);
  const clusters = catalog.clusters.map(({ name }) => resolveCluster(catalog, name));
  for (const problem of unusedExternalProblems(catalog, clusters)) ofCatalog.add(problem);
  for (const cluster of clusters) {
    const services = new Map(cluster.services.map((service) => [service.name, service]));
    for (const service of cluster.services.filter(isLooked)) {
      const context = { service, cluster, services, allNames, suggestions };
      for (const check of SERVICE_CHECKS) check(context, (problem) => ofServices.add(cluster, service, problem));
    }
    const origin = (service: ResolvedService, path: Path) => originOf(catalog, cluster, service, path);
    for (const problems of [hostProblems, ...ofObjects, dependencyProblems])
      for (const problem of problems(cluster, origin)) ofCatalog.add(problem);
  }
  return { ofCatalog: ofCatalog.list, ofServices: [...texts, ...ofServices.list()] };
}

/** Each problem once, in however many clusters it is seen. */
class Problems {
  private readonly seen = new Set<string>();

  constructor(readonly list: Problem[]) {}

  add(problem: Problem): void {
    const id = `${problem.path.join('/')} ${problem.code} ${problem.message}`;
    if (this.seen.has(id)) return;
    this.seen.add(id);
    this.list.push(problem);
  }
}
