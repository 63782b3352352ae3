import { createHash } from 'node:crypto';

/** What was published last for one cluster. */
export interface MarkerEntry {
  readonly repository?: string;
  readonly commit?: string;
  /** Grows from pipeline to pipeline. */
  readonly pipeline?: number;
  /** Of the files of the cluster. */
  readonly digest: string;
}

/**
 * The state of one branch and path: kept under a ref of its own that no cluster and no pipeline looks at, so that a run in which
 * nothing changed can say that it was there without a commit on the branch.
 */
export interface Marker {
  readonly clusters: Readonly<Record<string, MarkerEntry>>;
  /** By cluster and service: the pipeline that set its image last. */
  readonly images: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** The file, in a ref of its own, that says what was published last. */
export const MARKER_FILE = 'published.json';

/** Where nothing was published yet. */
export const noMarker: Marker = { clusters: {}, images: {} };

/** The ref of a branch and path: a digest, as one path can be the beginning of another. */
export function markerRef(branch: string, path: string): string {
  return `refs/aviary/published/${createHash('sha256').update(`${branch}\0${path}`).digest('hex').slice(0, 16)}`;
}

/** Nobody writes it by hand; one that cannot be read orders nothing. */
export function parseMarker(text: string): Marker | undefined {
  try {
    const { clusters, images } = JSON.parse(text) as Partial<Marker>;
    if (typeof clusters !== 'object' || clusters === null) return undefined;
    return { clusters, images: images ?? {} };
  } catch {
    return undefined;
  }
}

/** How two publications of a cluster relate in time. */
export type Order = 'newer' | 'same' | 'older' | 'unknown';

/**
 * Whether what we would publish comes after what is there: by ancestry of the commits, else by number of the pipelines.
 * @param isAncestor undefined where the checkout does not know both commits
 */
export async function orderOf(
  ours: Pick<MarkerEntry, 'commit' | 'pipeline'>,
  there: Pick<MarkerEntry, 'commit' | 'pipeline'> | undefined,
  isAncestor: (ancestor: string, descendant: string) => Promise<boolean | undefined>,
): Promise<Order> {
  if (!there || (there.commit === undefined && there.pipeline === undefined)) return 'newer';
  if (ours.commit !== undefined && there.commit !== undefined) {
    if (ours.commit === there.commit) return 'same';
    if (await isAncestor(there.commit, ours.commit)) return 'newer';
    if (await isAncestor(ours.commit, there.commit)) return 'older';
  }
  if (ours.pipeline === undefined || there.pipeline === undefined) return 'unknown';
  return ours.pipeline === there.pipeline ? 'same' : ours.pipeline > there.pipeline ? 'newer' : 'older';
}
