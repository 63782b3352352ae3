import type { Path, Problem } from '../problem';
import { type ResolvedService, resolveCluster } from '../resolve';
import type { Catalog } from '../schema';
import { checkAffinity } from './affinity';
import { checkCanary } from './canary';
import { catalogProblems, hostProblems } from './catalog';
import { originOf, type ServiceCheck } from './context';
import { checkExpose } from './expose';
import { checkIdentity } from './identity';
import { checkNames } from './names';
import { objectNameProblems } from './object-names';
import { checkPorts } from './ports';
import { checkReferences } from './references';
import { checkResources } from './resources';
import { secretProblems } from './secrets';
import { Suggestions } from './suggestions';
import { checkImages, checkProbes, checkScaling, checkScheduling, checkVolumes } from './workload';

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
  const problems = [...catalogProblems(catalog, suggestions), ...secretProblems(catalog)];
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
      for (const check of SERVICE_CHECKS) {
        check({ service, cluster, services, allNames, suggestions }, (problem) =>
          add({ ...problem, path: origin(problem.path) }),
        );
      }
    }
    const origin = (service: ResolvedService, path: Path) => originOf(catalog, cluster, service, path);
    for (const problem of [...hostProblems(cluster, origin), ...objectNameProblems(cluster, origin)]) add(problem);
  }
  return problems;
}
