import { nearest } from '../../findings';
import { type ManifestEntry, manifestEntries } from '../manifest-entries';
import type { Path, Problem } from '../problem';
import { resolveCluster } from '../resolve';
import type { Catalog } from '../schema';

/** Entries of `manifests`: paths that stay in the repository, services that are there. What the files hold is read later. */
export function manifestProblems(catalog: Catalog): Problem[] {
  const problems: Problem[] = [];
  for (const [index, cluster] of catalog.clusters.entries())
    check(cluster.manifests ?? [], ['clusters', index, 'manifests'], [cluster.name]);
  check(
    catalog.manifests ?? [],
    ['manifests'],
    catalog.clusters.map(({ name }) => name),
  );
  return problems;

  function check(list: NonNullable<Catalog['manifests']>, at: Path, clusters: readonly string[]): void {
    for (const [index, { path, beside }] of manifestEntries(list).entries()) {
      const place = typeof list[index] === 'string' ? [...at, index] : [...at, index, 'path'];
      const error = pathError(path);
      if (error)
        problems.push({
          code: 'path-outside',
          path: place,
          message: `the path ${JSON.stringify(path)} ${error}`,
          fix: 'write the path of a folder or a file below that of the catalog, such as "k8s/extra"',
        });
      if (beside !== undefined) checkBeside(catalog, beside, clusters, [...at, index, 'beside'], problems);
    }
  }
}

function pathError(path: ManifestEntry['path']): string | undefined {
  if (path === '' || path === '.') return 'is the folder of the catalog itself';
  if (path.startsWith('/') || /^[A-Za-z]:|\\|\0/.test(path)) return 'is not relative';
  return path.split('/').includes('..') ? 'leaves the folder of the catalog' : undefined;
}

function checkBeside(
  catalog: Catalog,
  beside: string,
  clusters: readonly string[],
  path: Path,
  problems: Problem[],
): void {
  const names = catalog.services.map(({ name }) => name);
  if (!names.includes(beside)) {
    const near = nearest(beside, names);
    problems.push({
      code: 'unknown-service',
      path,
      message: `no service "${beside}"`,
      nearest: near,
      fix: near
        ? `write "${near}"`
        : 'name a service of the catalog, or remove it: then they come before the first wave',
    });
    return;
  }
  for (const cluster of clusters)
    if (!resolveCluster(catalog, cluster).services.some(({ name }) => name === beside))
      problems.push({
        code: 'service-not-in-cluster',
        path,
        message: `"${beside}" does not run in cluster "${cluster}"`,
        fix: `move the entry to the manifests of the clusters where "${beside}" runs`,
      });
}
