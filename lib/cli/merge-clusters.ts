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
  const all = sharedFindings(own);
  const fullest = longestMessages(all.map(({ finding }) => finding));
  return all
    .filter(
      ({ finding, clusters }) =>
        finding.code !== 'ignore-unused' || clusters.length >= (silences.get(silenceAt(finding.place)) ?? 0),
    )
    .filter(({ finding }) => !isOutdone(finding, fullest))
    .map((shared) => inClusters(shared, names.size));
}

const sameThing = ({ code, place }: Finding): string => [code, place.object, silenceAt(place)].join(' ');

function longestMessages(findings: readonly Finding[]): ReadonlyMap<string, string> {
  const longest = new Map<string, string>();
  for (const finding of findings) {
    const key = sameThing(finding);
    if (finding.message.length > (longest.get(key)?.length ?? 0)) longest.set(key, finding.message);
  }
  return longest;
}

/** Whether of the same place another cluster has more to say: "… is gone: Canary "cart" waits for it" beside "… is gone". */
function isOutdone(finding: Finding, fullest: ReadonlyMap<string, string>): boolean {
  const longest = fullest.get(sameThing(finding)) ?? finding.message;
  return longest.length > finding.message.length && longest.startsWith(finding.message);
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
