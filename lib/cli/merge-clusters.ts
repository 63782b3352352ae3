import type { Finding, Place } from '../findings';
import { ignoreAnnotation, ignorePointer } from '../preflight';
import type { WorldInput } from '../world';
import type { ClusterManifests } from './clusters';

/** A cluster, and what was found in it. */
export interface CheckedCluster {
  readonly cluster: ClusterManifests;
  readonly findings: readonly Finding[];
}

/**
 * The findings of all clusters. What several of them have in the same words is said once, with their names; without a
 * name when that is all clusters. A silence that serves in one cluster is not unused because another does not need it.
 */
export function mergeClusters(checked: readonly CheckedCluster[]): Finding[] {
  const names = new Set(checked.flatMap(({ cluster }) => cluster.name ?? []));
  const found = new Map<string, { readonly finding: Finding; readonly clusters: (string | undefined)[] }>();
  for (const { cluster, findings } of checked)
    for (const finding of findings) {
      // Of an object that is there for others' sake.
      if (finding.place.cluster !== cluster.name) continue;
      const key = keyOf(finding);
      const known = found.get(key);
      if (!known) found.set(key, { finding, clusters: [cluster.name] });
      else if (!known.clusters.includes(cluster.name)) known.clusters.push(cluster.name);
    }
  const silences = silencesIn(checked.map(({ cluster }) => cluster));
  return [...found.values()]
    .filter(
      ({ finding, clusters }) =>
        finding.code !== 'ignore-unused' || clusters.length >= (silences.get(silenceAt(finding.place)) ?? 0),
    )
    .map(({ finding, clusters }) => inClusters(finding, clusters, names.size));
}

function inClusters(finding: Finding, clusters: readonly (string | undefined)[], count: number): Finding {
  const { cluster: _, ...place } = finding.place;
  const isEverywhere = clusters.includes(undefined) || (clusters.length === count && count > 1);
  return { ...finding, place: isEverywhere ? place : { ...place, cluster: clusters.join(', ') } };
}

function keyOf({ place: { cluster: _, ...place }, ...finding }: Finding): string {
  return JSON.stringify({ ...finding, place });
}

/** How many clusters hold an object with silences, by the place of the annotation. */
function silencesIn(clusters: readonly ClusterManifests[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { name, inputs } of clusters) {
    const annotated = inputs.filter(
      ({ object, cluster }) => cluster === name && object.metadata.annotations?.[ignoreAnnotation] !== undefined,
    );
    for (const key of new Set(annotated.map(silenceOf))) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function silenceOf({ place }: WorldInput): string {
  return silenceAt(typeof place === 'function' ? place(ignorePointer) : place);
}

function silenceAt({ file, line, column, pointer }: Place): string {
  return [file, line, column, pointer].join(' ');
}
