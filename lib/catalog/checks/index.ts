import type { Path, Problem, ProblemEdit } from '../problem';
import { type ResolvedService, resolveCluster } from '../resolve';
import type { Catalog } from '../schema';
import { checkAffinity } from './affinity';
import { checkCanary } from './canary';
import { clusterProblems } from './clusters';
import { originOf, type ServiceCheck, writablePlace } from './context';
import { duplicateProblems } from './duplicates';
import { checkExpose } from './expose';
import { externalProblems } from './external';
import { hostProblems } from './hosts';
import { checkIdentity } from './identity';
import { checkImages } from './images';
import { checkNames } from './names';
import { objectNameProblems } from './object-names';
import { patchProblems } from './patches';
import { platformProblems } from './platform';
import { checkPorts } from './ports';
import { checkProbes } from './probes';
import { checkReferences } from './references';
import { checkResources } from './resources';
import { checkScaling } from './scaling';
import { checkScheduling } from './scheduling';
import { secretProblems } from './secrets';
import { substitutionProblems } from './substitution';
import { Suggestions } from './suggestions';
import { checkVolumes } from './volumes';

const SERVICE_CHECKS: readonly ServiceCheck[] = [
  checkNames,
  checkPorts,
  checkImages,
  checkReferences,
  checkResources,
  checkScaling,
  checkProbes,
  checkVolumes,
  checkScheduling,
  checkAffinity,
  checkIdentity,
  checkExpose,
  checkCanary,
];

/**
 * What fits the schema and still cannot work. Services are checked as they run in each cluster, with every default and
 * override applied; a problem is reported once, where the catalog sets the value.
 */
export function checkCatalog(catalog: Catalog): Problem[] {
  const allNames = new Set(catalog.services.map(({ name }) => name));
  const suggestions = new Suggestions(allNames);
  const problems = [
    ...duplicateProblems(catalog),
    ...platformProblems(catalog),
    ...clusterProblems(catalog, suggestions),
    ...externalProblems(catalog),
    ...patchProblems(catalog),
    ...substitutionProblems(catalog),
    ...secretProblems(catalog),
  ];
  const seen = new Set<string>();
  const add = (problem: Problem) => {
    const id = `${problem.path.join('/')} ${problem.code} ${problem.message}`;
    if (seen.has(id)) return;
    seen.add(id);
    problems.push(problem);
  };
  for (const { name } of catalog.clusters) {
    const cluster = resolveCluster(catalog, name);
    const services = new Map(cluster.services.map((service) => [service.name, service]));
    for (const service of cluster.services) {
      const origin = (path: Path) => originOf(catalog, cluster, service, path);
      const placed = (edit: ProblemEdit): ProblemEdit => ({
        ...edit,
        path: writablePlace(catalog, cluster, service, edit.path).path,
      });
      for (const check of SERVICE_CHECKS) {
        check({ service, cluster, services, allNames, suggestions }, (problem) =>
          add({ ...problem, path: origin(problem.path), ...(problem.edits && { edits: problem.edits.map(placed) }) }),
        );
      }
    }
    const origin = (service: ResolvedService, path: Path) => originOf(catalog, cluster, service, path);
    for (const problem of [...hostProblems(cluster, origin), ...objectNameProblems(cluster, origin)]) add(problem);
  }
  return problems;
}
