import type { LastRun } from './last-run';

/** When more units than this share have changed, everything is checked anew. */
const MAX_CHANGED_SHARE = 0.1;

/** Positions of the units that are not as they were checked last; undefined where everything is to be checked. */
export function changedSinceCheck(
  units: readonly { readonly id: string; readonly key: string }[],
  { state, salt }: LastRun,
): number[] | undefined {
  if (!state?.check?.keep || state.check.code !== salt || state.units.length !== units.length) return undefined;
  const changed: number[] = [];
  for (const [index, { id, key }] of units.entries()) {
    const before = state.units[index]!;
    if (before.id !== id) return undefined;
    if (before.key !== key) changed.push(index);
  }
  // Each of them is read twice, and what it touches too: many are better looked at in one go.
  return changed.length > MAX_CHANGED_SHARE * units.length ? undefined : changed;
}
