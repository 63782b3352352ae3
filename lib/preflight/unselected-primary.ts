import type { SelectingKind, Workload, World } from '../world';
import type { ReportFinding } from './rule';

/** Reports objects that select the pods of a Canary's target and not those of its primary, which has the users. */
export function reportUnselectedPrimaries(
  world: World,
  report: ReportFinding,
  kinds: readonly SelectingKind[],
  what: string,
): void {
  for (const canary of world.canaries()) {
    const { target, primary, selectorLabel } = canary;
    if (!target || !primary) continue;
    const { key, value } = selectorLabel ?? { key: 'app', value: target.name };
    for (const kind of kinds) {
      for (const policy of world.selecting(kind, target)) {
        // A second one for the primary alone is the other good way.
        if (world.selecting(kind, primary).includes(policy) || hasTwin(world, kind, target, primary)) continue;
        report(policy, {
          about: canary,
          pointer: '/spec',
          message: `${kind} "${policy.name}" selects the pods of "${target.name}", and not those of "${primary.name}", which have the users of Canary "${canary.name}"`,
          fix: `select both (matchExpressions: key ${key}, operator In, values [${value}, ${value}-primary]), or add a second ${what} for "${primary.name}"`,
        });
      }
    }
  }
}

function hasTwin(world: World, kind: SelectingKind, target: Workload, primary: Workload): boolean {
  const ofTarget = world.selecting(kind, target);
  return world.selecting(kind, primary).some((policy) => !ofTarget.includes(policy));
}
