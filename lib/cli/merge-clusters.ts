import { type Finding, inClusters, type Place, sharedFindings } from '../findings';
import type { ClusterManifests, ManifestObject } from '../manifests';
import { ignoreAnnotation, ignorePointer } from '../preflight';

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
  // Those of an object that is there for others' sake are told by the others.
  const own = checked.flatMap(({ cluster, findings }) =>
    findings.filter(({ place }) => place.cluster === cluster.name),
  );
  const silences = silencesIn(checked.map(({ cluster }) => cluster));
  return sharedFindings(own)
    .filter(
      ({ finding, clusters }) =>
        finding.code !== 'ignore-unused' || clusters.length >= (silences.get(silenceAt(finding.place)) ?? 0),
    )
    .map((shared) => inClusters(shared, names.size));
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

function silenceOf({ place, object }: ManifestObject): string {
  return silenceAt(place(ignorePointer, object));
}

function silenceAt({ file, line, column, pointer }: Place): string {
  return [file, line, column, pointer].join(' ');
}
