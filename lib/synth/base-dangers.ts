import { parseServiceFile } from '../charts';
import { dangers, diffClusters, findDangers } from '../diff';
import type { Finding } from '../findings';
import type { ClusterObjects, WrittenObject } from '../kube';
import { type CheckedCatalog, placesOf } from './checked-catalog';
import type { CheckedObject } from './synthesize';
import { wavesSaid } from './tree-changes';

/**
 * What the step from the tree that Flux has to the one of the catalog may break. A finding about a service is shown at the
 * service; what the catalog says is meant (`wave`, `removed`) is none.
 */
export function baseDangers(
  before: readonly ClusterObjects[],
  objects: Iterable<CheckedObject>,
  checked: CheckedCatalog,
): Finding[] {
  const { catalog } = checked;
  const after = new Map<string, WrittenObject[]>(catalog.clusters.map(({ name }) => [name, []]));
  // What Helm makes of the charts is compared where it is known of both.
  const withCharts = new Set(
    before.flatMap(({ cluster, objects: were }) =>
      were.some(({ origin }) => origin.appliedBy?.kind === 'HelmRelease') ? [cluster] : [],
    ),
  );
  for (const { object, cluster, file: path, position, isMade } of objects)
    if (
      object.metadata &&
      !String(object.apiVersion).startsWith('kustomize.config.k8s.io/') &&
      (!isMade || withCharts.has(cluster))
    )
      after.get(cluster)?.push({ object, origin: { file: path, document: position } });
  const clusters = [...after].map(([cluster, written]) => ({ cluster, objects: written }));
  const said = wavesSaid(catalog);
  const removed = new Set(catalog.removed ?? []);
  const pointers = new Map(catalog.services.map(({ name }, index) => [name, `/services/${index}`]));
  const places = placesOf(checked);
  // A cluster that is gone takes everything with it.
  const known = before.filter(({ cluster }) => after.has(cluster ?? ''));
  return diffClusters(known, clusters).flatMap((diff) =>
    findDangers(diff, dangers).flatMap((finding): Finding[] => {
      const of = parseServiceFile(finding.place.file ?? '');
      if (!of) return [finding];
      const { cluster, service } = of;
      if (finding.code === 'service-moves-to-later-wave' && said.has(`${cluster}/${service}`)) return [];
      if (finding.code === 'canary-removed-with-its-service' && removed.has(service)) return [];
      const pointer = pointers.get(service) ?? '/services';
      const { object } = finding.place;
      return [{ ...finding, place: { ...places.locate(pointer), object, cluster } }];
    }),
  );
}
