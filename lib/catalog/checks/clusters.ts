import { nearest } from '../../findings';
import { dnsLabelError, wildcardHostError } from '../../kube';
import type { Path, Problem } from '../problem';
import type { Catalog } from '../schema';
import type { Suggestions } from './suggestions';

/** Clusters, their overrides, and who names them. */
export function clusterProblems(catalog: Catalog, serviceNames: Suggestions): Problem[] {
  const problems: Problem[] = [];
  const names = catalog.clusters.map(({ name }) => name);
  const services = new Map(catalog.services.map((service) => [service.name, service]));
  if (names.length === 0)
    problems.push({
      code: 'no-clusters',
      path: ['clusters'],
      message: 'the catalog has no clusters',
      fix: 'add one: name, domain, flux',
    });
  for (const [index, cluster] of catalog.clusters.entries()) {
    const path = ['clusters', index];
    const nameError = dnsLabelError(cluster.name);
    if (nameError)
      problems.push({
        code: 'invalid-name',
        path: [...path, 'name'],
        message: `the cluster name ${JSON.stringify(cluster.name)} ${nameError}`,
        fix: 'use lower case letters, digits and "-": it becomes a folder',
      });
    const domainError =
      wildcardHostError(cluster.domain) ?? (cluster.domain.startsWith('*') ? 'has a wildcard' : undefined);
    if (domainError)
      problems.push({
        code: 'invalid-host',
        path: [...path, 'domain'],
        message: `the domain ${JSON.stringify(cluster.domain)} ${domainError}`,
        fix: 'write a DNS name such as "example.com"',
      });
    if (cluster.flux.mode === 'gotk') {
      for (const field of ['version', 'size'] as const)
        if (cluster.flux[field] !== undefined)
          problems.push({
            code: 'flux-mode',
            path: [...path, 'flux', field],
            message: `${field} means nothing in mode "gotk"`,
            fix: 'remove it, or use mode "FluxInstance"',
          });
    } else if (cluster.flux.version !== undefined && !/^[\dx*.>=<~^| v-]+$/.test(cluster.flux.version)) {
      problems.push({
        code: 'invalid-version',
        path: [...path, 'flux', 'version'],
        message: `${JSON.stringify(cluster.flux.version)} is not a range of versions`,
        fix: 'write it like "2.9.x"',
      });
    }
    for (const name of Object.keys(cluster.services ?? {})) {
      const at = [...path, 'services', name];
      const service = services.get(name);
      if (!service) {
        const near = serviceNames.nearest(name);
        problems.push({
          code: 'unknown-service',
          path: at,
          key: true,
          message: `no service "${name}" to override`,
          cause: 'Services are named in /services/*/name.',
          nearest: near,
          fix: near ? `write "${near}"` : 'add the service, or remove the override',
        });
      } else if (service.clusters && !service.clusters.includes(cluster.name)) {
        problems.push({
          code: 'service-not-in-cluster',
          path: at,
          key: true,
          message: `"${name}" is overridden here, but does not run in cluster "${cluster.name}"`,
          fix: `add "${cluster.name}" to its clusters, or remove the override`,
        });
      }
    }
  }
  const unknown = (name: string, path: Path): Problem => {
    const near = nearest(name, names);
    return {
      code: 'unknown-cluster',
      path,
      message: `no cluster "${name}"`,
      cause: 'Clusters are named in /clusters/*/name.',
      nearest: near,
      fix: near ? `write "${near}"` : `write one of ${names.map((one) => JSON.stringify(one)).join(', ')}`,
    };
  };
  const check = (list: readonly string[] | undefined, path: Path) => {
    for (const [index, name] of (list ?? []).entries())
      if (!names.includes(name)) problems.push(unknown(name, [...path, index]));
  };
  for (const [index, { name, promotion }] of catalog.clusters.entries()) {
    if (!promotion) continue;
    const path = ['clusters', index, 'promotion'];
    const { from } = promotion;
    if (index === 0)
      problems.push({
        code: 'promotion-order',
        path,
        message: `"${name}" is the first cluster: its images come from the builds, and nothing is promoted to it`,
        fix: 'remove promotion, or list the cluster behind the one that has the images first',
      });
    else if (from !== undefined && !names.includes(from)) problems.push(unknown(from, [...path, 'from']));
    else if (from !== undefined && names.indexOf(from) >= index)
      problems.push({
        code: 'promotion-order',
        path: [...path, 'from'],
        message: `"${name}" gets its images from "${from}", which does not stand before it`,
        cause: 'clusters stand in the order in which a release comes to them',
        fix: `list "${from}" before "${name}", or name one of ${names
          .slice(0, index)
          .map((one) => JSON.stringify(one))
          .join(', ')}`,
      });
  }
  for (const [index, service] of catalog.services.entries()) {
    check(service.clusters, ['services', index, 'clusters']);
    if (service.clusters?.length === 0)
      problems.push({
        code: 'runs-nowhere',
        path: ['services', index, 'clusters'],
        message: `"${service.name}" runs in no cluster`,
        fix: 'name a cluster, remove the field to run it in all of them, or remove the service',
      });
  }
  for (const [index, patch] of (catalog.patches ?? []).entries()) check(patch.clusters, ['patches', index, 'clusters']);
  return problems;
}
