import type { Path, Problem } from '../problem';
import type { ResolvedCluster, ResolvedService } from '../resolve';
import { configMapName } from './volumes';

/** Two services of a cluster that would make one object: the one applied last would win. */
export function objectNameProblems(
  cluster: ResolvedCluster,
  origin: (service: ResolvedService, path: Path) => Path,
): Problem[] {
  const problems: Problem[] = [];
  const owners = new Map<string, string>();
  const claim = (service: ResolvedService, kind: string, name: string, path: Path, fix: string) => {
    const id = `${kind}/${name}`;
    const owner = owners.get(id);
    if (owner === undefined) owners.set(id, service.name);
    else if (owner !== service.name)
      problems.push({
        code: 'duplicate-object-name',
        path: origin(service, path),
        message: `"${service.name}" and "${owner}" would both make the ${kind} "${name}"`,
        cause: 'In a namespace an object is named by its kind and name: the one applied last would win.',
        fix,
      });
  };
  for (const service of cluster.services) {
    const account = service.serviceAccount ?? {};
    if (account.create !== false)
      claim(
        service,
        'ServiceAccount',
        account.name ?? service.name,
        ['serviceAccount', 'name'],
        'give each its own name; to share an account, let one service make it and set create to false in the other',
      );
    for (const [index, { mountPath }] of (service.config ?? []).entries())
      claim(
        service,
        'ConfigMap',
        configMapName(service.name, mountPath),
        ['config', index, 'mountPath'],
        'mount it at another path: the name of the ConfigMap follows from service and path',
      );
  }
  return problems;
}
