import { textAt } from '../kube';
import type { FluxKustomizationView } from '../world';

/**
 * What a Flux Kustomization does with an object that has left its folder. `uncertain`: the same commit changes whether it does, and its
 * parent applies that at the same time as it takes the new revision itself: either may be first. `by folder`: nothing is left in the
 * folder, and only where Git still has the folder (a note, an empty kustomization.yaml), something is deleted.
 */
export type Pruning = 'deletes' | 'leaves' | 'waits' | 'uncertain' | 'by folder';

/** Whether Flux leaves the Kustomization alone. */
export const isSuspended = (one: FluxKustomizationView | undefined): boolean => one?.spec.suspend === true;

/**
 * @param was the Kustomization before the commit; `is` after it, undefined where it goes
 * @see fluxcd/kustomize-controller v1.9.4 internal/controller/kustomization_controller.go ("kustomization path not found", prune,
 *   finalizerShouldDeleteResources); e2e, section Diff, applied by Flux
 */
export function pruningOf(
  was: FluxKustomizationView,
  is: FluxKustomizationView | undefined,
  { isEmpty = false }: { readonly isEmpty?: boolean } = {},
): Pruning {
  const pruning = pruningOfFull(was, is);
  return pruning === 'deletes' && isEmpty && is ? 'by folder' : pruning;
}

function pruningOfFull(was: FluxKustomizationView, is: FluxKustomizationView | undefined): Pruning {
  if (!is) return deletesAtItsEnd(was) ? 'deletes' : 'leaves';
  if (isSuspended(is)) return isSuspended(was) ? 'waits' : was.prune || is.prune ? 'uncertain' : 'leaves';
  // It does nothing before it is resumed, and then as it is written now.
  if (isSuspended(was) || was.prune === is.prune) return is.prune ? 'deletes' : 'leaves';
  return 'uncertain';
}

/** Whether what it has applied goes with it. */
export function deletesAtItsEnd(one: FluxKustomizationView): boolean {
  if (isSuspended(one)) return false;
  const policy = textAt(one.spec, 'deletionPolicy') ?? 'MirrorPrune';
  return policy === 'MirrorPrune' ? one.prune : ['Delete', 'WaitForTermination'].includes(policy);
}
