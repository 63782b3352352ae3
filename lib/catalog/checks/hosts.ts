import { exposedHost } from '../exposed-host';
import type { Path, Problem } from '../problem';
import type { ResolvedCluster } from '../resolve';

/** A host leads to one service of a cluster. */
export function hostProblems(
  cluster: ResolvedCluster,
  origin: (service: ResolvedCluster['services'][number], path: Path) => Path,
): Problem[] {
  const owners = new Map<string, string>();
  return cluster.services.flatMap((service) => {
    if (!service.expose) return [];
    return service.expose.hosts.flatMap((host, index): Problem[] => {
      const whole = exposedHost(host, cluster.cluster.domain);
      const owner = owners.get(whole);
      owners.set(whole, owner ?? service.name);
      if (owner === undefined) return [];
      return [
        {
          code: 'duplicate-host',
          path: origin(service, ['expose', 'hosts', index]),
          message: `the host "${whole}" of "${service.name}" is already that of "${owner}" in cluster "${cluster.name}"`,
          cause: 'Istio merges routes of one host only outside the mesh, and canaries keep the mesh in theirs.',
          fix: 'give each service a host of its own',
        },
      ];
    });
  });
}
