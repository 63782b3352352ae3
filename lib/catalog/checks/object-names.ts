import { toPointer } from '../../findings';
import { madeObjects, objectId } from '../objects';
import type { Path, Problem } from '../problem';
import type { ResolvedCluster, ResolvedService } from '../resolve';
import { wavesOf } from '../waves';

/** Two services of a cluster that would make one object: the one applied last would win. */
export function objectNameProblems(
  cluster: ResolvedCluster,
  origin: (service: ResolvedService, path: Path) => Path,
): Problem[] {
  const problems: Problem[] = [];
  const owners = new Map<string, readonly [service: ResolvedService, path: Path]>();
  for (const service of cluster.services)
    for (const object of madeObjects(service)) {
      const id = objectId(object);
      const owner = owners.get(id);
      if (owner === undefined) {
        owners.set(id, [service, object.path]);
        continue;
      }
      const [first, firstPath] = owner;
      // Two services of one name have a finding of their own.
      if (first.name === service.name) continue;
      const at = toPointer(origin(first, firstPath).map(String));
      problems.push({
        code: 'duplicate-object-name',
        path: origin(service, object.path),
        message: `"${service.name}" and "${first.name}" (${at}) would both make the ${object.kind} "${object.name}"`,
        cause: 'In a namespace an object is named by its kind and name: the one applied last would win.',
        fix: FIXES[object.kind]?.(object.name, ...byWave(cluster, first, service)) ?? 'give each its own name',
      });
    }
  return problems;
}

const FIXES: Readonly<Record<string, (name: string, maker: string, user: string) => string>> = {
  ServiceAccount: (name, maker, user) =>
    `give each its own name; to share the account, let "${maker}" make it and write { "create": false, "name": "${name}" } as serviceAccount of "${user}"`,
  ConfigMap: () => 'mount it at another path: the name of the ConfigMap follows from service and path',
  MetricTemplate: () => 'give the metric another name: that of its MetricTemplate follows from service and metric',
};

/** Who is installed first must make what both use: the other way round its wave would wait for a later one. */
function byWave(cluster: ResolvedCluster, a: ResolvedService, b: ResolvedService): [maker: string, user: string] {
  const { levelOf } = wavesOf(cluster.services);
  return levelOf(a) <= levelOf(b) ? [a.name, b.name] : [b.name, a.name];
}
