/** The tree's own file: which release of what each cluster's files hold, and which files a synth wrote. */
export const INDEX_FILE = 'index.json';

interface IndexedUnit {
  /** Empty for files that no cluster has to itself: charts. */
  readonly cluster: string;
  readonly files: readonly { readonly path: string }[];
  readonly releases: Readonly<Record<string, string>>;
}

/** Keys and files sorted, whatever the order of the units. */
export function releaseIndex(units: readonly IndexedUnit[]): string {
  const clusters = new Map<string, { files: string[]; releases: [string, string][] }>();
  for (const { cluster, files, releases } of units) {
    let entry = clusters.get(cluster);
    if (!entry) {
      entry = { files: [], releases: [] };
      clusters.set(cluster, entry);
    }
    for (const file of files) entry.files.push(file.path);
    entry.releases.push(...Object.entries(releases));
  }
  const sorted = [...clusters].sort(([a], [b]) => (a < b ? -1 : 1));
  const content = sorted.map(([cluster, { files, releases }]) => [
    cluster,
    { files: files.sort(), releases: Object.fromEntries(releases.sort(([a], [b]) => (a < b ? -1 : 1))) },
  ]);
  const { '': shared, ...own } = Object.fromEntries(content) as Record<string, { readonly files: readonly string[] }>;
  return `${JSON.stringify({ clusters: own, ...(shared && { files: shared.files }) }, null, 2)}\n`;
}

/** The files that an index names: in a fresh clone nothing else tells which files are the tool's. None when it is not ours. */
export function indexedFiles(text: string): string[] {
  let index: unknown;
  try {
    index = JSON.parse(text);
  } catch {
    return [];
  }
  if (!isRecord(index)) return [];
  const clusters = isRecord(index.clusters) ? Object.values(index.clusters) : [];
  return [...clusters, index].flatMap((part) => (isRecord(part) && Array.isArray(part.files) ? part.files : []));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
