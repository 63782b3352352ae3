import type { Catalog } from './schema';

/** One entry of `manifests`, in full. */
export interface ManifestEntry {
  readonly path: string;
  readonly beside?: string;
}

/** Entries of `manifests`, in full. */
export function manifestEntries(list: NonNullable<Catalog['manifests']>): ManifestEntry[] {
  return list.map((entry) => (typeof entry === 'string' ? { path: entry } : entry));
}

/** What a cluster gets: those of all clusters, then its own. */
export function manifestEntriesOf({ manifests = [], clusters }: Catalog, cluster: string): ManifestEntry[] {
  const own = clusters.find(({ name }) => name === cluster)?.manifests ?? [];
  return manifestEntries([...manifests, ...own]);
}
