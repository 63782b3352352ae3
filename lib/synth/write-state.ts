import * as path from 'node:path';
import type { Finding } from '../findings';
import { type FileSystem, signatureOf, type TreeFile } from '../tree';
import type { PlacedUnit } from './build-units';
import type { CachedFile, CacheState } from './cache';
import type { LastRun } from './last-run';
import type { PackEntry } from './pack';
import type { Plan } from './plan';

/** What a run that has written its tree knows. */
export interface Written {
  readonly plan: Plan;
  readonly findings: readonly Finding[];
  readonly check: CacheState['check'];
  readonly units: readonly PlacedUnit[];
  readonly index: TreeFile & { readonly entry: PackEntry };
  /** Packs that this run wrote, with their sizes. */
  readonly packs: Readonly<Record<string, number>>;
}

/** Phase "write": what the next run has to know of this one. */
export function stateOf(
  { plan, findings, check, units, index, packs }: Written,
  last: LastRun,
  fs: FileSystem,
  outdir: string,
): CacheState {
  const remember = ({ path: file, digest, signature }: TreeFile): CachedFile => ({
    path: file,
    digest,
    signature: last.cache && (signature ?? signatureOf(fs, path.join(outdir, file))),
  });
  const known: Record<string, number> = { ...packs };
  for (const { entry } of units) known[entry.pack] ??= last.state?.packs[entry.pack] ?? 0;
  return {
    fingerprint: last.fingerprint,
    findings,
    check,
    services: plan.services ?? units.length,
    units: units.map(({ id, cluster, key, files, releases, objectIds, objects, canaries, entry }) => ({
      id,
      cluster,
      key,
      files: files.map(remember),
      releases,
      objectIds,
      objects,
      canaries,
      entry,
    })),
    index: { ...remember(index), entry: index.entry },
    packs: known,
  };
}
