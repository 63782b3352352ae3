import type { FluxKustomizationView, World } from '../world';
import type { ClusterDiff, ObjectChange } from './cluster-diff';
import { isSuspended, pruningOf } from './pruning';

/**
 * What happens to an object that another Kustomization applies from now on.
 * - `later`: the first one prunes it before the other one, which waits for it, applies it
 * - `taken over`: the other one applies it before the first one lets it go, or the first one deletes nothing
 * - `race`: neither waits for the other one, and whichever is first decides
 * - `not made again`: the first one prunes it, and the other one is suspended
 */
export type Move = 'later' | 'taken over' | 'race' | 'not made again';

/** What happens to an object that another Kustomization applies from now on. */
export function moveOf(diff: ClusterDiff, change: ObjectChange): Move {
  const [from, to] = [change.appliedBefore!, change.appliedAfter!];
  const still = diff.kustomizationAfter(from);
  if (change.isKept || ['leaves', 'waits'].includes(pruningOf(from, still))) return 'taken over';
  if (isSuspended(to)) return 'not made again';
  if (still && isHandedToParts(from, still, to)) return 'taken over';
  // The order that holds is that of the commit: both as they are then.
  if (waitsFor(diff.after, to, from) || (!still && waitsFor(diff.before, to, from))) return 'later';
  // The first one knows nothing of an order that the same commit brings: it may go on as it was.
  if (still && waitsFor(diff.after, still, to) && waitsFor(diff.before, from, to)) return 'taken over';
  return 'race';
}

/**
 * Whether a wave of ours gets parts: as it was, it finds what they hold below its folder, which has no list of its own any more; as
 * it is now, it prunes nothing (docs/decisions/0025-large-waves-have-parts.md; e2e, section Large waves).
 */
function isHandedToParts(
  from: FluxKustomizationView,
  still: FluxKustomizationView,
  to: FluxKustomizationView,
): boolean {
  const isOurs = still.entry.labels['app.kubernetes.io/managed-by'] === 'aviary';
  return isOurs && !still.prune && still.path.startsWith(`${from.path}/`) && to.path.startsWith(`${from.path}/`);
}

/** Whether one Kustomization waits for another one, straight or by others. */
function waitsFor(world: World, one: FluxKustomizationView, other: FluxKustomizationView): boolean {
  const byName = new Map(world.fluxKustomizations().map((view) => [keyOf(view), view]));
  const seen = new Set<string>();
  const open = [keyOf(one)];
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    if (seen.has(key)) continue;
    seen.add(key);
    for (const next of byName.get(key)?.dependsOn ?? []) {
      if (keyOf(next) === keyOf(other)) return true;
      open.push(keyOf(next));
    }
  }
  return false;
}

const keyOf = ({ namespace, name }: { readonly namespace: string; readonly name: string }) => `${namespace}/${name}`;
