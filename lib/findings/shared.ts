import type { Finding } from './finding';

/** A finding, and the clusters that have it in the same words. */
export interface SharedFinding {
  readonly finding: Finding;
  /** Undefined for what is in no named cluster. */
  readonly clusters: readonly (string | undefined)[];
}

/** What several clusters have in the same words, once, in the order of the first of each. */
export function sharedFindings(findings: Iterable<Finding>): SharedFinding[] {
  const found = new Map<string, { readonly finding: Finding; readonly clusters: (string | undefined)[] }>();
  for (const finding of findings) {
    const { cluster } = finding.place;
    const key = keyOf(finding);
    const known = found.get(key);
    if (!known) found.set(key, { finding, clusters: [cluster] });
    else if (!known.clusters.includes(cluster)) known.clusters.push(cluster);
  }
  return [...found.values()];
}

/**
 * The finding with the names of its clusters; without a name when that is all clusters.
 * @param count how many clusters there are
 */
export function inClusters({ finding, clusters }: SharedFinding, count: number): Finding {
  if (clusters.length === 1 && clusters[0] === finding.place.cluster) return finding;
  const { cluster: _, ...place } = finding.place;
  const isEverywhere = clusters.includes(undefined) || clusters.length === count;
  return { ...finding, place: isEverywhere ? place : { ...place, cluster: clusters.join(', ') } };
}

function keyOf({ place: { cluster: _, ...place }, ...finding }: Finding): string {
  return JSON.stringify({ ...finding, place });
}
